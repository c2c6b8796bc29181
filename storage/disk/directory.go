package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/ember-cluster/ember/storage"
)

// lockName is the file that holds the lock and, for people, the process that has it. CheckName refuses the name, so
// that no file of a Directory can have it.
const lockName = ".lock"

// A Directory is a directory of the operating system that this process has to itself. Its methods may be called
// from several goroutines.
type Directory struct {
	path string
	// handle is the directory itself, to sync it.
	handle *os.File
	lock   *os.File
}

// Open opens a directory, which it makes, readable for its owner only, if there is none, and locks it. If another
// process has it open the error is storage.ErrLocked. Every error is one line that names the directory.
func Open(path string) (*Directory, error) {
	d := &Directory{path: path}
	if err := d.open(); err != nil {
		_ = d.Close()
		return nil, fmt.Errorf("data directory %s: %w", path, cause(err))
	}
	return d, nil
}

func (d *Directory) open() error {
	if err := makeDirectory(d.path); err != nil {
		return err
	}
	var err error
	if d.handle, err = os.Open(d.path); err != nil {
		return err
	}
	if d.lock, err = os.OpenFile(filepath.Join(d.path, lockName), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	if err := lockFile(d.lock); err != nil {
		if errors.Is(err, storage.ErrLocked) {
			return fmt.Errorf("%w%s", err, owner(d.lock))
		}
		return err
	}
	if err := d.lock.Truncate(0); err != nil {
		return err
	}
	_, err = d.lock.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
	return err
}

// makeDirectory makes a directory durably, if there is none of that path.
func makeDirectory(path string) error {
	if _, err := os.Stat(path); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	parent, err := os.Open(filepath.Dir(filepath.Clean(path)))
	if err != nil {
		return err
	}
	defer func() { _ = parent.Close() }() // opened for its sync only
	return parent.Sync()
}

// owner returns " (pid 123)" if the lock file tells who holds it.
func owner(lock *os.File) string {
	text := make([]byte, 20)
	n, _ := lock.ReadAt(text, 0)
	pid := strings.TrimSpace(string(text[:n]))
	if pid == "" || strings.Trim(pid, "0123456789") != "" {
		return ""
	}
	return fmt.Sprintf(" (pid %s)", pid)
}

// cause strips what the operating system's package says about the operation and the path, which the caller says
// better, and makes a full disk known as such.
func cause(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return storage.ErrFull
	}
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	if link, ok := errors.AsType[*os.LinkError](err); ok {
		return link.Err
	}
	return err
}

// failure returns the error of an operation on a file, or nil if there is none.
func failure(operation, name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", operation, name, cause(err))
}

// Close gives the lock back. Files that are open stay so.
func (d *Directory) Close() error {
	var first error
	for _, f := range []*os.File{d.lock, d.handle} {
		if f == nil {
			continue
		}
		if err := f.Close(); err != nil && first == nil {
			first = failure("close", d.path, err)
		}
	}
	return first
}

// Create implements storage.Directory.
func (d *Directory) Create(name string) (storage.File, error) {
	return d.openFile("create", name, os.O_RDWR|os.O_CREATE|os.O_EXCL)
}

// Open implements storage.Directory.
func (d *Directory) Open(name string) (storage.File, error) {
	return d.openFile("open", name, os.O_RDWR)
}

func (d *Directory) openFile(operation, name string, flags int) (storage.File, error) {
	if err := storage.CheckName(name); err != nil {
		return nil, err
	}
	handle, err := os.OpenFile(filepath.Join(d.path, name), flags, 0o600)
	if err != nil {
		return nil, failure(operation, name, err)
	}
	info, err := handle.Stat()
	if err != nil {
		_ = handle.Close()
		return nil, failure(operation, name, err)
	}
	return &file{handle: handle, name: name, end: info.Size(), size: info.Size()}, nil
}

// Remove implements storage.Directory.
func (d *Directory) Remove(name string) error {
	if err := storage.CheckName(name); err != nil {
		return err
	}
	return failure("remove", name, os.Remove(filepath.Join(d.path, name)))
}

// Rename implements storage.Directory.
func (d *Directory) Rename(old, new string) error {
	for _, name := range []string{old, new} {
		if err := storage.CheckName(name); err != nil {
			return err
		}
	}
	return failure("rename", old, os.Rename(filepath.Join(d.path, old), filepath.Join(d.path, new)))
}

// List implements storage.Directory. What cannot be a file of a Directory is left out.
func (d *Directory) List() ([]string, error) {
	entries, err := os.ReadDir(d.path) // sorted by name
	if err != nil {
		return nil, failure("list", d.path, err)
	}
	var names []string
	for _, entry := range entries {
		if entry.Type().IsRegular() && storage.CheckName(entry.Name()) == nil {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// Sync implements storage.Directory.
func (d *Directory) Sync() error {
	return failure("sync", d.path, d.handle.Sync())
}
