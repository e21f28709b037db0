package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// redisAddress reads REDIS_URL as StackExchange.Redis does: host:port, then options after commas.
func redisAddress(url string) (string, error) {
	if strings.Contains(url, "://") {
		return "", fmt.Errorf("REDIS_URL must be host:port, not %q", url)
	}
	address := strings.Split(url, ",")[0]
	if _, _, err := net.SplitHostPort(address); err != nil {
		return "", fmt.Errorf("REDIS_URL: %w", err)
	}
	return address, nil
}

// redisCall sends one command on a new connection and returns the first line of the answer.
func redisCall(address string, words ...string) (string, error) {
	connection, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		return "", err
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(5 * time.Second))
	command := fmt.Sprintf("*%d\r\n", len(words))
	for _, word := range words {
		command += fmt.Sprintf("$%d\r\n%s\r\n", len(word), word)
	}
	if _, err := connection.Write([]byte(command)); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(connection).ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimRight(line, "\r\n")
	if strings.HasPrefix(line, "-") {
		return "", errors.New(line)
	}
	return line, nil
}
