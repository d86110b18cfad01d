// Package wiring shows how a Go program uploads to Upgate: docs/wiring/go.md quotes this file.
package wiring

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/qiniu/go-sdk/v7/storage"
)

// Gateway is where everything goes: `up.example.com`, https.
type Gateway struct {
	Host  string
	HTTPS bool
}

// Use points the whole process's discovery at the gateway; `Buckets` has no other way to be told.
func (g Gateway) Use() { storage.SetUcHost(g.Host, g.HTTPS) }

// Config names every service of the SDK: one that is left out stays at the public cloud.
func (g Gateway) Config() *storage.Config {
	return &storage.Config{UseHTTPS: g.HTTPS, Region: g.region(), CentralRsHost: g.Host}
}

func (g Gateway) region() *storage.Region {
	return &storage.Region{
		SrcUpHosts: []string{g.Host}, CdnUpHosts: []string{g.Host},
		RsHost: g.Host, RsfHost: g.Host, ApiHost: g.Host, IovipHost: g.Host, IoSrcHost: g.Host,
	}
}

// Token asks the gateway for an upload token in the name of the user of the JWT.
func (g Gateway) Token(ctx context.Context, jwt string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url()+"/token", nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+jwt)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	var given struct{ Token, Error string }
	if err := json.NewDecoder(answer.Body).Decode(&given); err != nil {
		return "", err
	}
	if given.Token == "" {
		return "", fmt.Errorf("no token: %d %s", answer.StatusCode, given.Error)
	}
	return given.Token, nil
}

// Stored is what the policy's returnBody or the business server answers; this is the default.
type Stored struct {
	Key   string `json:"key"`
	Hash  string `json:"hash"`
	Album string `json:"x:album"`
}

// Upload sends a file: up to 4 MiB as a form, above that in parts of 4 MiB.
func (g Gateway) Upload(ctx context.Context, token, key, path string) (Stored, error) {
	source, err := storage.NewUploadSourceFile(path)
	if err != nil {
		return Stored{}, err
	}
	manager := storage.NewUploadManager(&storage.UploadConfig{
		UseHTTPS: g.HTTPS, Regions: storage.NewRegionGroup(g.region()),
	})
	extra := &storage.UploadExtra{
		Params:              map[string]string{"x:album": "7"},
		UploadResumeVersion: storage.UploadResumeV2,
		UploadThreshold:     4 << 20, // not more: a larger form does not fit into one request
		PartSize:            4 << 20,
	}
	var stored Stored
	err = manager.Put(ctx, &stored, token, &key, source, extra)
	return stored, err
}

func (g Gateway) url() string {
	if g.HTTPS {
		return "https://" + g.Host
	}
	return "http://" + g.Host
}
