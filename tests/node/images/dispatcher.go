package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

const configPath = "/app/config/agentsmith.yml"

// state is what a dispatcher tells of itself. Of secret values it tells digests only.
type state struct {
	Status  string            `json:"status"`
	Version string            `json:"version"`
	Pod     string            `json:"pod"`
	Config  string            `json:"config"`
	Values  map[string]string `json:"values"`
	Secrets map[string]string `json:"secrets"`
}

// dispatcher honours the contract of the real image: it ends at once without its configuration or
// Redis, serves /health and /slack/events, makes and watches Jobs, and at SIGTERM does what
// ASP.NET does: it accepts nothing new and finishes what it has begun.
func dispatcher() error {
	if os.Getenv("STAND_IN_BROKEN") != "" {
		return errors.New("this version does not start")
	}
	config, err := os.ReadFile(configPath)
	if err != nil {
		return err
	}
	redis, err := redisAddress(os.Getenv("REDIS_URL"))
	if err != nil {
		return err
	}
	if _, err := redisCall(redis, "PING"); err != nil {
		return fmt.Errorf("Redis at %s: %w", redis, err)
	}
	own := describe(config)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, object{"status": "ok"}, nil)
	})
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, own, nil)
	})
	// An event counts only once it is on the bus; ?delay=1s is work that takes a second.
	mux.HandleFunc("POST /slack/events", func(w http.ResponseWriter, r *http.Request) {
		if delay, err := time.ParseDuration(r.URL.Query().Get("delay")); err == nil {
			time.Sleep(delay)
		}
		_, err := redisCall(redis, "INCR", "events")
		answer(w, object{"version": own.Version, "config": own.Config, "pod": own.Pod}, err)
	})
	if os.Getenv("SPAWNER_TYPE") == "kubernetes" {
		if err := serveJobs(mux); err != nil {
			return err
		}
	}
	return serve(mux)
}

func serveJobs(mux *http.ServeMux) error {
	client, err := newKube()
	if err != nil {
		return err
	}
	made := &jobs{kube: client, namespace: os.Getenv("K8S_NAMESPACE"), states: map[string]string{}}
	mux.HandleFunc("POST /jobs", func(w http.ResponseWriter, r *http.Request) {
		id, err := made.create(r.Context(), r.URL.Query().Get("duration"))
		answer(w, object{"id": id}, err)
	})
	mux.HandleFunc("GET /jobs", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, made.all(), nil)
	})
	mux.HandleFunc("GET /jobs/{id}/log", func(w http.ResponseWriter, r *http.Request) {
		text, err := made.log(r.Context(), r.PathValue("id"))
		answer(w, object{"log": string(text)}, err)
	})
	return nil
}

func serve(handler http.Handler) error {
	// http://+:8080 is ASP.NET's notation for all addresses.
	port := os.Getenv("ASPNETCORE_URLS")
	port = port[strings.LastIndex(port, ":")+1:]
	server := &http.Server{Addr: ":" + port, Handler: handler}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM)
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	select {
	case err := <-failed:
		return err
	case <-ended:
		limit, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		return server.Shutdown(limit)
	}
}

// describe keeps the plain values that the chart sets and the digests of what comes from Secrets.
func describe(config []byte) state {
	own := state{
		Status: "ok", Version: os.Getenv("STAND_IN_VERSION"), Pod: os.Getenv("HOSTNAME"),
		Config: digest(config), Values: map[string]string{}, Secrets: map[string]string{},
	}
	for _, name := range []string{
		"ASPNETCORE_ENVIRONMENT", "REDIS_URL", "SPAWNER_TYPE", "K8S_NAMESPACE", "K8S_SECRET_NAME",
		"AGENTSMITH_IMAGE", "IMAGE_PULL_POLICY",
	} {
		own.Values[name] = os.Getenv(name)
	}
	for _, name := range []string{
		"SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "ANTHROPIC_API_KEY", "OPENAI_API_KEY",
		"GEMINI_API_KEY", "GITHUB_TOKEN", "AZURE_DEVOPS_TOKEN", "GITLAB_TOKEN", "JIRA_TOKEN",
		"JIRA_EMAIL",
	} {
		if value, found := os.LookupEnv(name); found {
			own.Secrets[name] = digest([]byte(value))
		}
	}
	return own
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:6])
}

func answer(w http.ResponseWriter, content any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		content = object{"error": err.Error()}
	}
	_ = json.NewEncoder(w).Encode(content)
}
