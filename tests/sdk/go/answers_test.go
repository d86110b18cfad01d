package wiring

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/qiniu/go-sdk/v7/auth"
	"github.com/qiniu/go-sdk/v7/storage"
)

// etag is Kodo's hash of a content, by its definition: the SDK's own reads files only.
func etag(t *testing.T, made []byte) string {
	t.Helper()
	var sums []byte
	for rest := made; ; {
		block := rest[:min(len(rest), 4*megabyte)]
		sum := sha1.Sum(block)
		sums = append(sums, sum[:]...)
		if rest = rest[len(block):]; len(rest) == 0 {
			break
		}
	}
	if len(sums) == sha1.Size {
		return base64.URLEncoding.EncodeToString(append([]byte{0x16}, sums...))
	}
	whole := sha1.Sum(sums)
	return base64.URLEncoding.EncodeToString(append([]byte{0x96}, whole[:]...))
}

func callbackPolicy(server *businessServer) storage.PutPolicy {
	return storage.PutPolicy{
		CallbackURL:  server.URL + "/qiniu/callback?from=go",
		CallbackBody: "key=$(key)&size=$(fsize)&album=$(x:album)&user=$(endUser)",
		EndUser:      "u1",
	}
}

func TestCallbackIsMadeOnceAndItsJsonIsTheAnswer(t *testing.T) {
	server := newBusinessServer(t, http.StatusOK, map[string]any{"key": "mine", "size": 5})
	key, made := newKey(t), content(t, 5*megabyte)
	extra := &storage.PutExtra{Params: map[string]string{"x:album": "7"}}
	var ret told
	must(t, storage.NewFormUploader(config()).Put(context.Background(), &ret, token(callbackPolicy(server)),
		key, bytes.NewReader(made[:1000]), 1000, extra))
	equal(t, "answer to the form", ret, told{Key: "mine", Size: 5})
	ret = told{}
	must(t, storage.NewResumeUploaderV2(config()).Put(context.Background(), &ret, token(callbackPolicy(server)),
		key+"2", bytes.NewReader(made), int64(len(made)), nil))
	equal(t, "answer to the parts", ret, told{Key: "mine", Size: 5})
	ret = told{}
	must(t, storage.NewResumeUploader(config()).Put(context.Background(), &ret, token(callbackPolicy(server)),
		key+"1", bytes.NewReader(made), int64(len(made)), nil))
	calls := server.seen()
	equal(t, "callbacks", len(calls), 3)
	equal(t, "body", calls[0].Encode(), "album=7&key="+strings.ReplaceAll(strings.ReplaceAll(key, "/", "%2F"), "=", "%3D")+"&size=1000&user=u1")
}

func TestRefusedCallbackIs579(t *testing.T) {
	server := newBusinessServer(t, http.StatusInternalServerError, map[string]any{"error": "no"})
	wire, key := newLine(t, losesNothing), newKey(t)
	err := storage.NewFormUploader(wire.config()).Put(context.Background(), &told{}, token(callbackPolicy(server)),
		key, strings.NewReader("kept"), 4, nil)
	refused(t, err, 579, "")
	equal(t, "uploads", len(wire.seen()), 1)
	isStored(t, key, []byte("kept"))
}

func TestLostAnswerMakesNoSecondCallback(t *testing.T) {
	server := newBusinessServer(t, http.StatusOK, map[string]any{"key": "mine"})
	made := content(t, 5*megabyte)
	for name, upload := range map[string]func(*storage.Config, any, string, string) error{
		"form": func(c *storage.Config, ret any, uptoken, key string) error {
			return storage.NewFormUploader(c).Put(context.Background(), ret, uptoken, key, bytes.NewReader(made[:99]), 99, nil)
		},
		"blocks": func(c *storage.Config, ret any, uptoken, key string) error {
			return storage.NewResumeUploader(c).Put(context.Background(), ret, uptoken, key, bytes.NewReader(made), int64(len(made)), nil)
		},
		"parts": func(c *storage.Config, ret any, uptoken, key string) error {
			return storage.NewResumeUploaderV2(c).Put(context.Background(), ret, uptoken, key, bytes.NewReader(made), int64(len(made)), nil)
		},
	} {
		lost := 0
		wire := newLine(t, func(method, path string, _ int) bool {
			isLast := path == "/" || strings.HasPrefix(path, "/mkfile/") ||
				method == http.MethodPost && strings.Contains(path, "/uploads/")
			if isLast {
				lost++
			}
			return isLast && lost == 1
		})
		before := len(server.seen())
		var ret told
		key := newKey(t)
		must(t, upload(wire.config(), &ret, token(callbackPolicy(server)), key))
		equal(t, name+": answer", ret.Key, "mine")
		equal(t, name+": callbacks", len(server.seen())-before, 1)
		equal(t, name+": last requests", lost, 2)
	}
}

func TestExistingKeyIs614(t *testing.T) {
	key := newKey(t)
	put(t, key, "first")
	put(t, key, "first") // the same content is no other
	err := storage.NewFormUploader(config()).Put(context.Background(), &told{}, token(storage.PutPolicy{}),
		key, strings.NewReader("other"), 5, nil)
	refused(t, err, 614, "file exists")
	err = storage.NewResumeUploaderV2(config()).Put(context.Background(), &told{}, token(storage.PutPolicy{}),
		key, strings.NewReader("other"), 5, nil)
	refused(t, err, 614, "file exists")
	must(t, storage.NewFormUploader(config()).Put(context.Background(), &told{},
		token(storage.PutPolicy{Scope: bucket + ":" + key}), key, strings.NewReader("other"), 5, nil))
	isStored(t, key, []byte("other"))
}

func TestExpiredTokenIs401(t *testing.T) {
	expired := `{"scope":"` + bucket + `","deadline":1451491200}`
	for _, err := range []error{
		storage.NewFormUploader(config()).Put(context.Background(), &told{}, mac.SignWithData([]byte(expired)),
			newKey(t), strings.NewReader("x"), 1, nil),
		storage.NewResumeUploaderV2(config()).Put(context.Background(), &told{},
			(&storage.PutPolicy{Scope: bucket}).UploadToken(auth.New(mac.AccessKey, "another")),
			newKey(t), strings.NewReader("x"), 1, nil),
	} {
		refused(t, err, 401, "")
	}
}

func TestOtherKeyThanTheScopesIs403(t *testing.T) {
	err := storage.NewFormUploader(config()).Put(context.Background(), &told{},
		token(storage.PutPolicy{Scope: bucket + ":this"}), "that", strings.NewReader("x"), 1, nil)
	refused(t, err, 403, "key doesn't match with scope")
}

func TestUnknownBucketIs631(t *testing.T) {
	err := storage.NewFormUploader(config()).Put(context.Background(), &told{},
		token(storage.PutPolicy{Scope: "no-such-bucket"}), newKey(t), strings.NewReader("x"), 1, nil)
	refused(t, err, 631, "no such bucket")
}

func TestTooLargeForThePolicyIs413(t *testing.T) {
	err := storage.NewFormUploader(config()).Put(context.Background(), &told{},
		token(storage.PutPolicy{FsizeLimit: 10}), newKey(t), strings.NewReader("eleven byte"), 11, nil)
	refused(t, err, 413, "")
}

func TestFormAboveOneRequestIsRefused(t *testing.T) {
	made := content(t, 5*megabyte)
	err := storage.NewFormUploader(config()).Put(context.Background(), &told{},
		token(storage.PutPolicy{}), newKey(t), bytes.NewReader(made), int64(len(made)), &storage.PutExtra{TryTimes: 1})
	if err == nil {
		t.Fatal("5 MiB went through as one form")
	}
}

func TestUnknownUploadIs612(t *testing.T) {
	key, uptoken := newKey(t), token(storage.PutPolicy{})
	parts := storage.NewResumeUploaderV2(config())
	err := parts.UploadParts(context.Background(), uptoken, origin, bucket, key, true,
		"0123456789abcdef", 1, "", &storage.UploadPartsRet{}, strings.NewReader("x"), 1)
	refused(t, err, 612, "")
}

func TestUnknownBlockIs701(t *testing.T) {
	extra := &storage.RputExtra{Progresses: []storage.BlkputRet{{Ctx: "bm8gc3VjaCBibG9jaw=="}}}
	err := storage.NewResumeUploader(config()).Mkfile(context.Background(), token(storage.PutPolicy{}),
		origin, &told{}, newKey(t), true, 1, extra)
	refused(t, err, 701, "")
}
