package wiring

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/qiniu/go-sdk/v7/storagev2/credentials"
	"github.com/qiniu/go-sdk/v7/storagev2/downloader"
	"github.com/qiniu/go-sdk/v7/storagev2/http_client"
	"github.com/qiniu/go-sdk/v7/storagev2/objects"
	"github.com/qiniu/go-sdk/v7/storagev2/region"
	"github.com/qiniu/go-sdk/v7/storagev2/uploader"
)

func options() http_client.Options {
	host := region.Endpoints{Preferred: []string{gateway.Host}}
	return http_client.Options{
		Credentials:         credentials.NewCredentials(mac.AccessKey, string(mac.SecretKey)),
		UseInsecureProtocol: true,
		Regions: &region.Region{
			RegionID: "upgate", Up: host, Io: host, IoSrc: host, Rs: host, Rsf: host, Api: host, Bucket: host,
		},
	}
}

func TestV2FormStoresBytes(t *testing.T) { uploadWithV2(t, megabyte, 0) }
func TestV2BlocksStoreBytes(t *testing.T) {
	uploadWithV2(t, 9*megabyte, uploader.MultiPartsUploaderVersionV1)
}
func TestV2PartsStoreBytes(t *testing.T) {
	uploadWithV2(t, 9*megabyte, uploader.MultiPartsUploaderVersionV2)
}

func uploadWithV2(t *testing.T, size int, version uploader.MultiPartsUploaderVersion) {
	made, key := content(t, size), newKey(t)
	manager := uploader.NewUploadManager(&uploader.UploadManagerOptions{
		Options: options(), MultiPartsUploaderVersion: version,
	})
	var ret Stored
	var last uint64
	must(t, manager.UploadFile(context.Background(), file(t, made), &uploader.ObjectOptions{
		BucketName: bucket, ObjectName: &key, FileName: "a.bin",
		CustomVars:          map[string]string{"album": "7"},
		Metadata:            map[string]string{"from": "go"},
		OnUploadingProgress: func(progress *uploader.UploadingProgress) { last = progress.Uploaded },
	}, &ret))
	equal(t, "answer", ret, Stored{Key: key, Hash: etag(t, made), Album: "7"})
	equal(t, "last progress", last, uint64(size))
	isStored(t, key, made)
	info, err := manager2().Bucket(bucket).Object(key).Stat().Call(context.Background())
	must(t, err)
	equal(t, "metadata", info.Metadata["from"], "go")
}

func manager2() *objects.ObjectsManager {
	return objects.NewObjectsManager(&objects.ObjectsManagerOptions{Options: options()})
}

func TestV2StreamIsStored(t *testing.T) {
	made, key := content(t, 5*megabyte), newKey(t)
	manager := uploader.NewUploadManager(&uploader.UploadManagerOptions{Options: options()})
	must(t, manager.UploadReader(context.Background(), bytes.NewReader(made), &uploader.ObjectOptions{
		BucketName: bucket, ObjectName: &key, FileName: "a.bin",
	}, &Stored{}))
	isStored(t, key, made)
}

func TestV2FolderGoesUpAndComesDown(t *testing.T) {
	folder, prefix := t.TempDir(), newKey(t)+"/"
	for _, name := range []string{"a.txt", "sub/照片 2.txt"} {
		path := filepath.Join(folder, name)
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		must(t, os.WriteFile(path, []byte(name), 0o600))
	}
	manager := uploader.NewUploadManager(&uploader.UploadManagerOptions{Options: options()})
	must(t, manager.UploadDirectory(context.Background(), folder, &uploader.DirectoryOptions{
		BucketName:       bucket,
		UpdateObjectName: func(name string) string { return prefix + name },
	}))
	isStored(t, prefix+"sub/照片 2.txt", []byte("sub/照片 2.txt"))
	down := t.TempDir()
	downloads := downloader.NewDownloadManager(&downloader.DownloadManagerOptions{Options: options()})
	must(t, downloads.DownloadDirectory(context.Background(), down, &downloader.DirectoryOptions{
		BucketName: bucket, ObjectPrefix: prefix, UseInsecureProtocol: true, DownloadURLsProvider: signedURLs(),
	}))
	for _, name := range []string{"a.txt", "sub/照片 2.txt"} {
		got, err := os.ReadFile(filepath.Join(down, name))
		must(t, err)
		equal(t, name, string(got), name)
	}
}

func signedURLs() downloader.DownloadURLsProvider {
	return downloader.SignURLsProvider(
		downloader.NewStaticDomainBasedURLsProvider([]string{origin}),
		downloader.NewCredentialsSigner(options().Credentials), nil)
}

func TestV2DownloadsInParallel(t *testing.T) {
	made, key := content(t, 9*megabyte), newKey(t)
	_, err := gateway.Upload(context.Background(), mustToken(t), key, file(t, made))
	must(t, err)
	path := filepath.Join(t.TempDir(), "down.bin")
	downloads := downloader.NewDownloadManager(&downloader.DownloadManagerOptions{
		Options: options(),
		DestinationDownloader: downloader.NewConcurrentDownloader(
			&downloader.ConcurrentDownloaderOptions{Concurrency: 3, PartSize: 2 * megabyte}),
	})
	size, err := downloads.DownloadToFile(context.Background(), key, path,
		&downloader.ObjectOptions{DownloadURLsProvider: signedURLs(), GenerateOptions: downloader.GenerateOptions{UseInsecureProtocol: true}})
	must(t, err)
	equal(t, "size", size, uint64(len(made)))
	got, err := os.ReadFile(path)
	must(t, err)
	equal(t, "bytes", etag(t, got), etag(t, made))
}

func mustToken(t *testing.T) string {
	given, err := gateway.Token(context.Background(), "any: /token is open here")
	must(t, err)
	return given
}

func TestV2DiscoversItsHosts(t *testing.T) {
	query, err := region.NewBucketRegionsQuery(region.Endpoints{Preferred: []string{gateway.Host}},
		&region.BucketRegionsQueryOptions{UseInsecureProtocol: true})
	must(t, err)
	found := options()
	found.Regions, found.BucketQuery = nil, query
	made, key := content(t, 5*megabyte), newKey(t)
	manager := uploader.NewUploadManager(&uploader.UploadManagerOptions{Options: found})
	must(t, manager.UploadFile(context.Background(), file(t, made), &uploader.ObjectOptions{
		BucketName: bucket, ObjectName: &key,
	}, &Stored{}))
	isStored(t, key, made)
	info, err := objects.NewObjectsManager(&objects.ObjectsManagerOptions{Options: found}).
		Bucket(bucket).Object(key).Stat().Call(context.Background())
	must(t, err)
	equal(t, "size", info.Size, int64(len(made)))
}

func TestV2ListsAndBatches(t *testing.T) {
	prefix := newKey(t) + "/"
	for _, name := range []string{"a", "b", "c"} {
		put(t, prefix+name, name)
	}
	in := manager2().Bucket(bucket)
	var names []string
	lister := in.List(context.Background(), &objects.ListObjectsOptions{Prefix: prefix})
	var details objects.ObjectDetails
	for lister.Next(&details) {
		names = append(names, details.Name)
	}
	must(t, lister.Error())
	must(t, lister.Close())
	equal(t, "names", fmt.Sprint(names), fmt.Sprint([]string{prefix + "a", prefix + "b", prefix + "c"}))
	must(t, in.Directory(prefix, "").Delete(context.Background()))
	_, err := in.Object(prefix + "b").Stat().Call(context.Background())
	refused(t, err, 612, "")
}
