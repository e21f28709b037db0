package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
)

const account = "/var/run/secrets/kubernetes.io/serviceaccount/"

// kube calls the API server with the service account of the pod.
type kube struct {
	base   string
	client *http.Client
}

func newKube() (*kube, error) {
	ca, err := os.ReadFile(account + "ca.crt")
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return nil, fmt.Errorf("%sca.crt holds no certificate", account)
	}
	host, port := os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT")
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	return &kube{"https://" + net.JoinHostPort(host, port), &http.Client{Transport: transport}}, nil
}

// call returns the body of a good answer, which the caller closes.
func (k *kube) call(ctx context.Context, method, path string, body any) (io.ReadCloser, error) {
	token, err := os.ReadFile(account + "token")
	if err != nil {
		return nil, err
	}
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, k.base+path, content)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+string(token))
	request.Header.Set("Content-Type", "application/json")
	answer, err := k.client.Do(request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode >= 400 {
		text, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		return nil, fmt.Errorf("%s %s: %s %s", method, path, answer.Status, text)
	}
	return answer.Body, nil
}
