package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"sync"
	"time"
)

// Keys of the Secret that an agent gets, by the variable in which it gets them.
var agentKeys = map[string]string{
	"ANTHROPIC_API_KEY": "anthropic-api-key", "AZURE_DEVOPS_TOKEN": "azure-devops-token",
	"GITHUB_TOKEN": "github-token", "OPENAI_API_KEY": "openai-api-key",
	"GEMINI_API_KEY": "gemini-api-key", "REDIS_URL": "redis-url",
}

type object = map[string]any

// jobs makes agent Jobs as the dispatcher does, and knows what its watches have seen of them.
type jobs struct {
	kube      *kube
	namespace string
	lock      sync.Mutex
	states    map[string]string
}

func (j *jobs) path() string { return "/apis/batch/v1/namespaces/" + j.namespace + "/jobs" }

// create makes a Job whose agent works for the given time, for example "30s".
func (j *jobs) create(ctx context.Context, duration string) (string, error) {
	random := make([]byte, 6)
	_, _ = rand.Read(random)
	id := hex.EncodeToString(random)
	body, err := j.kube.call(ctx, "POST", j.path(), manifest(id, duration))
	if err != nil {
		return "", err
	}
	body.Close()
	j.set(id, "created")
	go j.watch(id)
	return id, nil
}

func manifest(id, duration string) object {
	labels := object{"app": "agentsmith", "job-id": id}
	environment := []object{
		{"name": "JOB_ID", "value": id}, {"name": "STAND_IN_DURATION", "value": duration},
	}
	for name, key := range agentKeys {
		reference := object{"name": os.Getenv("K8S_SECRET_NAME"), "key": key, "optional": true}
		environment = append(environment,
			object{"name": name, "valueFrom": object{"secretKeyRef": reference}})
	}
	container := object{
		"name": "agentsmith", "image": os.Getenv("AGENTSMITH_IMAGE"),
		"imagePullPolicy": os.Getenv("IMAGE_PULL_POLICY"), "env": environment,
		"resources": object{
			"requests": object{"cpu": "250m", "memory": "512Mi"},
			"limits":   object{"cpu": "1000m", "memory": "1Gi"},
		},
	}
	return object{
		"apiVersion": "batch/v1", "kind": "Job",
		"metadata": object{"name": "agentsmith-" + id, "labels": labels},
		"spec": object{
			"backoffLimit": 0, "ttlSecondsAfterFinished": 300,
			"template": object{
				"metadata": object{"labels": labels},
				"spec":     object{"restartPolicy": "Never", "containers": []object{container}},
			},
		},
	}
}

// watch follows one Job to its end; a watch that breaks is begun again.
func (j *jobs) watch(id string) {
	for !j.follow(id) {
		time.Sleep(time.Second)
	}
}

func (j *jobs) follow(id string) bool {
	path := j.path() + "?watch=1&labelSelector=job-id%3D" + id
	body, err := j.kube.call(context.Background(), "GET", path, nil)
	if err != nil {
		return false
	}
	defer body.Close()
	for decoder := json.NewDecoder(body); ; {
		var event struct {
			Type   string
			Object struct {
				Status struct{ Active, Succeeded, Failed int }
			}
		}
		if err := decoder.Decode(&event); err != nil {
			return false
		}
		status := event.Object.Status
		switch {
		case event.Type == "DELETED":
			j.set(id, "deleted")
			return true
		case status.Succeeded > 0:
			j.set(id, "succeeded")
			return true
		case status.Failed > 0:
			j.set(id, "failed")
			return true
		case status.Active > 0:
			j.set(id, "active")
		}
	}
}

func (j *jobs) set(id, state string) {
	j.lock.Lock()
	defer j.lock.Unlock()
	j.states[id] = state
}

func (j *jobs) all() map[string]string {
	j.lock.Lock()
	defer j.lock.Unlock()
	copied := make(map[string]string, len(j.states))
	for id, state := range j.states {
		copied[id] = state
	}
	return copied
}

// log returns what the agent of a Job has printed.
func (j *jobs) log(ctx context.Context, id string) ([]byte, error) {
	pods := "/api/v1/namespaces/" + j.namespace + "/pods"
	body, err := j.kube.call(ctx, "GET", pods+"?labelSelector=job-id%3D"+id, nil)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	var found struct {
		Items []struct{ Metadata struct{ Name string } }
	}
	if err := json.NewDecoder(body).Decode(&found); err != nil || len(found.Items) == 0 {
		return nil, err
	}
	text, err := j.kube.call(ctx, "GET", pods+"/"+found.Items[0].Metadata.Name+"/log", nil)
	if err != nil {
		return nil, err
	}
	defer text.Close()
	return io.ReadAll(text)
}
