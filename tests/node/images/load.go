package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// outcome is one request: seconds since the start, seconds it took, who answered, what failed.
type outcome struct {
	At      float64 `json:"at"`
	Took    float64 `json:"took"`
	Version string  `json:"version,omitempty"`
	Config  string  `json:"config,omitempty"`
	Pod     string  `json:"pod,omitempty"`
	Error   string  `json:"error,omitempty"`
}

// load posts events at a constant rate, whether or not earlier ones were answered, each on a new
// connection and each once; it prints an outcome a line, until its standard input ends.
func load() error {
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	url := flags.String("url", "", "where to post")
	rate := flags.Int("rate", 50, "requests a second")
	slow := flags.Int("slow", 10, "every how manieth request takes a second of work")
	if err := flags.Parse(os.Args[2:]); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(ended)
	}()
	client := &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{DisableKeepAlives: true},
	}
	lines := json.NewEncoder(os.Stdout)
	var lock sync.Mutex
	var open sync.WaitGroup
	began := time.Now()
	ticker := time.NewTicker(time.Second / time.Duration(*rate))
	defer ticker.Stop()
	for number := 1; ; number++ {
		select {
		case <-ended:
			open.Wait()
			return nil
		case <-ticker.C:
		}
		target := *url
		if number%*slow == 0 {
			target += "?delay=1s"
		}
		open.Go(func() {
			found := post(client, target, began)
			lock.Lock()
			defer lock.Unlock()
			_ = lines.Encode(found)
		})
	}
}

func post(client *http.Client, url string, began time.Time) outcome {
	start := time.Now()
	found := outcome{At: start.Sub(began).Seconds()}
	reply, err := client.Post(url, "application/json", strings.NewReader("{}"))
	if err == nil {
		defer reply.Body.Close()
		if reply.StatusCode != http.StatusOK {
			err = fmt.Errorf("status %d", reply.StatusCode)
		} else {
			err = json.NewDecoder(reply.Body).Decode(&found)
		}
	}
	found.Took = time.Since(start).Seconds()
	if err != nil {
		found.Error = err.Error()
	}
	return found
}
