package main

import (
	"fmt"
	"os"
	"time"
)

// agent works for STAND_IN_DURATION and tells so on the bus, whose address comes from the Secret.
func agent() error {
	address, err := redisAddress(os.Getenv("REDIS_URL"))
	if err != nil {
		return err
	}
	duration, err := time.ParseDuration(os.Getenv("STAND_IN_DURATION"))
	if err != nil {
		return err
	}
	key := "job:" + os.Getenv("JOB_ID")
	if _, err := redisCall(address, "SET", key, "started"); err != nil {
		return err
	}
	fmt.Println("started", os.Getenv("JOB_ID"))
	time.Sleep(duration)
	if _, err := redisCall(address, "SET", key, "done"); err != nil {
		return err
	}
	fmt.Println("done", os.Getenv("JOB_ID"))
	return nil
}
