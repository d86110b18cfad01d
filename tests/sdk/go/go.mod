module upgate.example/sdk

go 1.22

require github.com/qiniu/go-sdk/v7 v7.27.0

require (
	github.com/BurntSushi/toml v1.3.2 // indirect
	github.com/alex-ant/gomath v0.0.0-20160516115720-89013a210a82 // indirect
	github.com/gofrs/flock v0.8.1 // indirect
	github.com/kr/text v0.2.0 // indirect
	golang.org/x/sync v0.3.0 // indirect
	golang.org/x/sys v0.18.0 // indirect
	modernc.org/fileutil v1.0.0 // indirect
)
