package sim

import "github.com/ember-cluster/ember/storage"

// directory is a host's disk as its process sees it: every change is recorded.
type directory struct{ host *Host }

var _ storage.Directory = directory{}

func (d directory) record(what string, size int64, data []byte) {
	d.host.effect(&effect{action: ActionDisk, text: what, token: uint64(size), data: data})
}

// Create implements storage.Directory.
func (d directory) Create(name string) (storage.File, error) {
	d.record("create "+name, 0, nil)
	return d.opened(name)(d.host.disk.Create(name))
}

// Open implements storage.Directory.
func (d directory) Open(name string) (storage.File, error) {
	return d.opened(name)(d.host.disk.Open(name))
}

func (d directory) opened(name string) func(storage.File, error) (storage.File, error) {
	return func(f storage.File, err error) (storage.File, error) {
		if err != nil {
			return nil, err
		}
		return &file{File: f, disk: d, appended: "append to " + name, truncated: "truncate " + name, synced: "sync " + name}, nil
	}
}

// Remove implements storage.Directory.
func (d directory) Remove(name string) error {
	d.record("remove "+name, 0, nil)
	return d.host.disk.Remove(name)
}

// Rename implements storage.Directory.
func (d directory) Rename(old, name string) error {
	d.record("rename "+old+" to "+name, 0, nil)
	return d.host.disk.Rename(old, name)
}

// List implements storage.Directory.
func (d directory) List() ([]string, error) { return d.host.disk.List() }

// Sync implements storage.Directory.
func (d directory) Sync() error {
	d.record("sync directory", 0, nil)
	return d.host.disk.Sync()
}

// file is an open file; reading it and closing it leave no trace.
type file struct {
	storage.File
	disk directory
	// What the trace says of it, put together once.
	appended, truncated, synced string
}

// Append implements storage.File.
func (f *file) Append(p []byte) error {
	f.disk.record(f.appended, 0, p)
	return f.File.Append(p)
}

// Truncate implements storage.File.
func (f *file) Truncate(size int64) error {
	f.disk.record(f.truncated, size, nil)
	return f.File.Truncate(size)
}

// Sync implements storage.File.
func (f *file) Sync() error {
	f.disk.record(f.synced, 0, nil)
	return f.File.Sync()
}
