package wiring

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/qiniu/go-sdk/v7/storage"
)

const megabyte = 1 << 20

type told struct {
	Key  string `json:"key"`
	Hash string `json:"hash"`
	Name string `json:"name"`
	X    string `json:"x"`
	Size int    `json:"size"`
}

const returnBody = `{"key":$(key),"hash":$(etag),"name":$(fname),"x":$(x:album),"size":$(fsize)}`

func TestWiringPageUploadsAFormAndParts(t *testing.T) {
	given, err := gateway.Token(context.Background(), "any: /token is open here")
	must(t, err)
	for _, size := range []int{megabyte, 9 * megabyte} {
		made, key := content(t, size), newKey(t)
		stored, err := gateway.Upload(context.Background(), given, key, file(t, made))
		must(t, err)
		equal(t, "answer", stored, Stored{Key: key, Hash: etag(t, made), Album: "7"})
		isStored(t, key, made)
	}
}

func TestFormStoresBytes(t *testing.T) {
	made, key := content(t, 100_000), newKey(t)
	var ret told
	extra := &storage.PutExtra{Params: map[string]string{"x:album": "七"}}
	must(t, storage.NewFormUploader(config()).Put(context.Background(), &ret,
		token(storage.PutPolicy{ReturnBody: returnBody}), key, bytes.NewReader(made), int64(len(made)), extra))
	// The SDK gives a stream's part this name.
	equal(t, "answer", ret, told{Key: key, Hash: etag(t, made), Name: "Untitled", X: "七", Size: len(made)})
	isStored(t, key, made)
}

func TestFormKeepsTheFileName(t *testing.T) {
	var ret told
	must(t, storage.NewFormUploader(config()).PutFile(context.Background(), &ret,
		token(storage.PutPolicy{ReturnBody: returnBody}), newKey(t), file(t, []byte("x")), nil))
	equal(t, "name", ret.Name, "照片 1.bin")
}

func TestFormWithoutAKeyIsNamedByItsHash(t *testing.T) {
	made := content(t, 1000)
	var ret storage.PutRet
	must(t, storage.NewFormUploader(config()).PutWithoutKey(context.Background(), &ret,
		token(storage.PutPolicy{}), bytes.NewReader(made), 1000, nil))
	equal(t, "key", ret.Key, etag(t, made))
	isStored(t, ret.Key, made)
}

func TestOddKeysAreKept(t *testing.T) {
	manager := storage.NewBucketManager(mac, config())
	for _, odd := range []string{`你好 ?&=#.txt`, `a\b\c"hello`, `50%22+%2F.jpg`, `'a;b=c'`, `a//b/`} {
		key, made := newKey(t)+odd, content(t, 64)
		var ret storage.PutRet
		must(t, storage.NewFormUploader(config()).Put(context.Background(), &ret,
			token(storage.PutPolicy{}), key, bytes.NewReader(made), 64, nil))
		equal(t, "key of the form", ret.Key, key)
		key += ".parts"
		must(t, storage.NewResumeUploaderV2(config()).Put(context.Background(), &ret,
			token(storage.PutPolicy{}), key, bytes.NewReader(made), 64, nil))
		equal(t, "key of the parts", ret.Key, key)
		for _, stored := range []string{key, strings.TrimSuffix(key, ".parts")} {
			info, err := manager.Stat(bucket, stored)
			must(t, err)
			equal(t, "hash", info.Hash, etag(t, made))
		}
	}
}

func TestFormCarriesMetadata(t *testing.T) {
	key := newKey(t)
	extra := &storage.PutExtra{Params: map[string]string{"x-qn-meta-from": "go"}}
	must(t, storage.NewFormUploader(config()).Put(context.Background(), &storage.PutRet{},
		token(storage.PutPolicy{}), key, strings.NewReader("x"), 1, extra))
	info, err := storage.NewBucketManager(mac, config()).Stat(bucket, key)
	must(t, err)
	equal(t, "metadata", info.MetaData["from"], "go")
}

func TestBlocksStoreBytes(t *testing.T) {
	made, key := content(t, 9*megabyte+1), newKey(t)
	var ret told
	blocks := make(chan int, 9)
	extra := &storage.RputExtra{
		Params: map[string]string{"x:album": "7"},
		Notify: func(index, _ int, _ *storage.BlkputRet) { blocks <- index },
	}
	must(t, storage.NewResumeUploader(config()).Put(context.Background(), &ret,
		token(storage.PutPolicy{ReturnBody: returnBody}), key, bytes.NewReader(made), int64(len(made)), extra))
	equal(t, "hash", ret.Hash, etag(t, made))
	equal(t, "variable", ret.X, "7")
	equal(t, "blocks that it was told of", len(blocks), 3)
	isStored(t, key, made)
}

func TestPartsStoreBytes(t *testing.T) {
	made, key := content(t, 9*megabyte+1), newKey(t)
	var ret told
	extra := &storage.RputV2Extra{
		CustomVars: map[string]string{"x:album": "7"},
		Metadata:   map[string]string{"x-qn-meta-from": "go"},
	}
	must(t, storage.NewResumeUploaderV2(config()).Put(context.Background(), &ret,
		token(storage.PutPolicy{ReturnBody: returnBody}), key, bytes.NewReader(made), int64(len(made)), extra))
	equal(t, "hash", ret.Hash, etag(t, made))
	equal(t, "variable", ret.X, "7")
	isStored(t, key, made)
	info, err := storage.NewBucketManager(mac, config()).Stat(bucket, key)
	must(t, err)
	equal(t, "metadata", info.MetaData["from"], "go")
}

func TestPartsOfAStreamAreStored(t *testing.T) {
	made, key := content(t, 5*megabyte), newKey(t)
	var ret storage.PutRet
	must(t, storage.NewResumeUploaderV2(config()).PutWithoutSize(context.Background(), &ret,
		token(storage.PutPolicy{}), key, bytes.NewReader(made), nil))
	isStored(t, key, made)
}

func TestBlocksAreResumed(t *testing.T) {
	made, key := content(t, 12*megabyte), newKey(t)
	path := file(t, made)
	recorder, err := storage.NewFileRecorder(t.TempDir())
	must(t, err)
	begun, stop := context.WithCancel(context.Background())
	extra := &storage.RputExtra{Recorder: recorder, TryTimes: 1}
	extra.Notify = func(int, int, *storage.BlkputRet) { stop() }
	uptoken := token(storage.PutPolicy{})
	if storage.NewResumeUploader(config()).PutFile(begun, &storage.PutRet{}, uptoken, key, path, extra) == nil {
		t.Fatal("was not stopped")
	}
	wire := newLine(t, losesNothing)
	must(t, storage.NewResumeUploader(wire.config()).PutFile(context.Background(), &storage.PutRet{}, uptoken, key, path,
		&storage.RputExtra{Recorder: recorder}))
	if sent := counted(wire.seen(), "POST /mkblk/"); sent > 2 {
		t.Fatalf("%d of 3 blocks were sent again", sent)
	}
	isStored(t, key, made)
}

func TestPartsAreResumed(t *testing.T) {
	made, key := content(t, 20*megabyte), newKey(t)
	path := file(t, made)
	recorder, err := storage.NewFileRecorder(t.TempDir())
	must(t, err)
	begun, stop := context.WithCancel(context.Background())
	extra := &storage.RputV2Extra{Recorder: recorder, TryTimes: 1}
	var told atomic.Int32
	extra.Notify = func(int64, *storage.UploadPartsRet) {
		if told.Add(1) == 3 { // the SDK keeps a part in mind a moment after it tells of it
			stop()
		}
	}
	uptoken := token(storage.PutPolicy{})
	if storage.NewResumeUploaderV2(config()).PutFile(begun, &storage.PutRet{}, uptoken, key, path, extra) == nil {
		t.Fatal("was not stopped")
	}
	wire := newLine(t, losesNothing)
	must(t, storage.NewResumeUploaderV2(wire.config()).PutFile(context.Background(), &storage.PutRet{}, uptoken, key, path,
		&storage.RputV2Extra{Recorder: recorder}))
	if sent := counted(wire.seen(), "PUT /"); sent > 4 {
		t.Fatalf("%d of 5 parts were sent again", sent)
	}
	isStored(t, key, made)
}

func TestProgressOfAFormEndsAtItsSize(t *testing.T) {
	var last int64
	extra := &storage.PutExtra{OnProgress: func(_, uploaded int64) { last = uploaded }}
	made := content(t, megabyte)
	must(t, storage.NewFormUploader(config()).Put(context.Background(), &storage.PutRet{},
		token(storage.PutPolicy{}), newKey(t), bytes.NewReader(made), megabyte, extra))
	equal(t, "last progress", last, megabyte)
}

func TestBase64IsStored(t *testing.T) {
	made, key := []byte("in base64"), newKey(t)
	var ret storage.PutRet
	encoded := []byte("aW4gYmFzZTY0")
	must(t, storage.NewBase64Uploader(config()).Put(context.Background(), &ret,
		token(storage.PutPolicy{}), key, encoded, nil))
	isStored(t, key, made)
}

func TestTwentyUploadsAtOnceAreStored(t *testing.T) {
	made := content(t, 50_000)
	failures := make(chan error, 20)
	for range 20 {
		key := newKey(t)
		go func() {
			failures <- storage.NewFormUploader(config()).Put(context.Background(), &storage.PutRet{},
				token(storage.PutPolicy{}), key, bytes.NewReader(made), int64(len(made)), nil)
		}()
	}
	for range 20 {
		must(t, <-failures)
	}
}

func TestRegionIsDiscovered(t *testing.T) {
	made, key := content(t, 5*megabyte), newKey(t)
	discovered := &storage.Config{}
	must(t, storage.NewFormUploader(discovered).Put(context.Background(), &storage.PutRet{},
		token(storage.PutPolicy{}), key, bytes.NewReader(made[:1000]), 1000, nil))
	isStored(t, key, made[:1000])
	must(t, storage.NewResumeUploaderV2(discovered).Put(context.Background(), &storage.PutRet{},
		token(storage.PutPolicy{}), key+"2", bytes.NewReader(made), int64(len(made)), nil))
	isStored(t, key+"2", made)
	info, err := storage.NewBucketManager(mac, discovered).Stat(bucket, key)
	must(t, err)
	equal(t, "size", info.Fsize, 1000)
}

func TestDownloadAnswersAPartOfAnObject(t *testing.T) {
	key := newKey(t)
	put(t, key, "0123456789")
	request, err := http.NewRequest(http.MethodGet,
		storage.MakePrivateURL(mac, origin, key, time.Now().Add(time.Hour).Unix()), nil)
	must(t, err)
	request.Header.Set("Range", "bytes=2-4")
	answer, err := http.DefaultClient.Do(request)
	must(t, err)
	defer answer.Body.Close()
	equal(t, "status", answer.StatusCode, http.StatusPartialContent)
	equal(t, "length", answer.ContentLength, 3)
}

func put(t *testing.T, key, text string) {
	t.Helper()
	must(t, storage.NewFormUploader(config()).Put(context.Background(), &storage.PutRet{},
		token(storage.PutPolicy{}), key, strings.NewReader(text), int64(len(text)), nil))
}

func counted(requests []string, prefix string) (count int) {
	for _, request := range requests {
		if strings.HasPrefix(request, prefix) {
			count++
		}
	}
	return count
}
