package wiring

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qiniu/go-sdk/v7/auth"
	"github.com/qiniu/go-sdk/v7/storage"
)

func manager() *storage.BucketManager { return storage.NewBucketManager(mac, config()) }

func TestStatSaysWhatWasUploaded(t *testing.T) {
	key := newKey(t)
	put(t, key, "hello")
	info, err := manager().Stat(bucket, key)
	must(t, err)
	equal(t, "size", info.Fsize, 5)
	equal(t, "hash", info.Hash, etag(t, []byte("hello")))
	equal(t, "type", info.MimeType, "text/plain")
	if age := time.Since(storage.ParsePutTime(info.PutTime)); age < 0 || age > time.Minute {
		t.Fatalf("putTime is %v ago", age)
	}
	_, err = manager().Stat(bucket, key+"-none")
	refused(t, err, 612, "no such file or directory")
}

func TestObjectsAreCopiedMovedAndDeleted(t *testing.T) {
	key := newKey(t)
	put(t, key, "hello")
	put(t, key+"-other", "other")
	must(t, manager().Copy(bucket, key, bucket, key+"-copy", false))
	isStored(t, key+"-copy", []byte("hello"))
	refused(t, manager().Copy(bucket, key, bucket, key+"-other", false), 614, "file exists")
	must(t, manager().Copy(bucket, key, bucket, key+"-other", true))
	isStored(t, key+"-other", []byte("hello"))
	must(t, manager().Move(bucket, key, bucket, key+"-moved", true))
	_, err := manager().Stat(bucket, key)
	refused(t, err, 612, "")
	isStored(t, key+"-moved", []byte("hello"))
	must(t, manager().Delete(bucket, key+"-moved"))
	refused(t, manager().Delete(bucket, key+"-moved"), 612, "")
}

func TestTypeAndMetadataAreChanged(t *testing.T) {
	key := newKey(t)
	put(t, key, "hello")
	must(t, manager().ChangeMime(bucket, key, "text/x-go"))
	must(t, manager().ChangeMeta(bucket, key, map[string]string{"a": "1"}))
	info, err := manager().Stat(bucket, key)
	must(t, err)
	equal(t, "type", info.MimeType, "text/x-go")
	equal(t, "metadata", info.MetaData["a"], "1")
}

func TestObjectsAreListedInPages(t *testing.T) {
	prefix := newKey(t) + "/"
	for _, name := range []string{"a", "b", "c", "d/e"} {
		put(t, prefix+name, name)
	}
	var names []string
	for marker, more := "", true; more; {
		items, _, next, hasNext, err := manager().ListFiles(bucket, prefix, "", marker, 3)
		must(t, err)
		for _, item := range items {
			names = append(names, strings.TrimPrefix(item.Key, prefix))
		}
		marker, more = next, hasNext
	}
	if !slices.Equal(names, []string{"a", "b", "c", "d/e"}) {
		t.Fatalf("listed %q", names)
	}
	_, prefixes, _, _, err := manager().ListFiles(bucket, prefix, "/", "", 10)
	must(t, err)
	equal(t, "common prefixes", fmt.Sprint(prefixes), fmt.Sprint([]string{prefix + "d/"}))
}

func TestObjectsAreListedAsAStream(t *testing.T) {
	prefix := newKey(t) + "/"
	put(t, prefix+"a", "a")
	put(t, prefix+"b", "b")
	entries, err := manager().ListBucket(bucket, prefix, "", "")
	must(t, err)
	var names []string
	for entry := range entries {
		names = append(names, entry.Item.Key)
	}
	equal(t, "names", fmt.Sprint(names), fmt.Sprint([]string{prefix + "a", prefix + "b"}))
}

func TestBatchAnswersEveryOperation(t *testing.T) {
	key := newKey(t)
	put(t, key, "hello")
	answers, err := manager().Batch([]string{
		storage.URIStat(bucket, key),
		storage.URICopy(bucket, key, bucket, key+"-copy", true),
		storage.URIDelete(bucket, key+"-none"),
		storage.URIDelete(bucket, key),
	})
	must(t, err)
	var codes []int
	for _, answer := range answers {
		codes = append(codes, answer.Code)
	}
	equal(t, "codes", fmt.Sprint(codes), fmt.Sprint([]int{200, 200, 612, 200}))
	equal(t, "size", answers[0].Data.Fsize, 5)
}

func TestBucketsAreListed(t *testing.T) {
	names, err := manager().Buckets(true)
	must(t, err)
	if !slices.Contains(names, bucket) {
		t.Fatalf("%q has no %q", names, bucket)
	}
}

func TestPersistentOperationIsRun(t *testing.T) {
	key := newKey(t) + ".png"
	put(t, key, onePixel)
	operations := storage.NewOperationManager(mac, config())
	saved := key + "-thumb"
	id, err := operations.Pfop(bucket, key,
		"imageView2/2/w/1/format/jpg|saveas/"+storage.EncodedEntry(bucket, saved), "", "", false)
	must(t, err)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		state, err := operations.Prefop(id)
		must(t, err)
		if state.Code == 0 {
			equal(t, "key", state.Items[0].Key, saved)
			break
		}
		if state.Code != 1 && state.Code != 2 || time.Now().After(deadline) {
			t.Fatalf("%+v", state)
		}
	}
	answer, _ := download(t, saved)
	equal(t, "type", answer.Header.Get("Content-Type"), "image/jpeg")
}

func TestManagementWantsASignature(t *testing.T) {
	key := newKey(t)
	put(t, key, "hello")
	stranger := storage.NewBucketManager(auth.New("nobody", "nothing"), config())
	_, err := stranger.Stat(bucket, key)
	refused(t, err, 401, "")
	refused(t, stranger.Delete(bucket, key), 401, "")
	_, err = storage.NewOperationManager(auth.New("nobody", "nothing"), config()).PfopV2(
		context.Background(), &storage.PfopRequest{BucketName: bucket, ObjectName: key, Fops: "imageInfo"})
	refused(t, err, 401, "")
}

// A picture of one pixel.
const onePixel = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89" +
	"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82"

func TestMetadataThatIsNotNamedStays(t *testing.T) {
	key := newKey(t)
	put(t, key, "hello")
	must(t, manager().ChangeMeta(bucket, key, map[string]string{"a": "1", "b": "2"}))
	must(t, manager().ChangeMeta(bucket, key, map[string]string{"c": "3"}))
	info, err := manager().Stat(bucket, key)
	must(t, err)
	equal(t, "metadata", fmt.Sprint(info.MetaData), fmt.Sprint(map[string]string{"a": "1", "b": "2", "c": "3"}))
}
