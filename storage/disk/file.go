package disk

import (
	"fmt"
	"io/fs"
	"os"
	"sync"
)

// A file is an open file of a Directory.
type file struct {
	handle *os.File
	name   string

	// mutex guards what is below. It is not held during Sync, so that bytes can be appended meanwhile.
	mutex sync.Mutex
	// end is where the next Append goes, size where the file ends on disk. Between them lies reserved room, zeros.
	//
	// Invariant: end <= size.
	end, size int64
	closed    bool
}

// zeros is what is written to reserve room.
var zeros [128 << 10]byte

func (f *file) check(operation string) error {
	if f.closed {
		return failure(operation, f.name, fs.ErrClosed)
	}
	return nil
}

// ReadAt implements storage.File.
func (f *file) ReadAt(p []byte, offset int64) (int, error) {
	return f.handle.ReadAt(p, offset)
}

// Append implements storage.File.
func (f *file) Append(p []byte) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	n, err := f.handle.WriteAt(p, f.end)
	f.size = max(f.size, f.end+int64(n))
	if err != nil {
		return failure("append", f.name, err)
	}
	f.end += int64(n)
	return nil
}

// Size implements storage.File.
func (f *file) Size() (int64, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.end, f.check("size")
}

// Truncate implements storage.File.
func (f *file) Truncate(size int64) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if err := f.check("truncate"); err != nil {
		return err
	}
	if size < 0 || size > f.end {
		return fmt.Errorf("truncate %s: to %d bytes, it has %d", f.name, size, f.end)
	}
	if err := f.handle.Truncate(size); err != nil {
		return failure("truncate", f.name, err)
	}
	f.end, f.size = size, size
	return nil
}

// Reserve implements storage.File. Appends wait while the zeros are written, to the page cache, since they go to
// the same place.
func (f *file) Reserve(n int64) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if err := f.check("reserve"); err != nil {
		return err
	}
	for target := f.end + n; f.size < target; {
		written, err := f.handle.WriteAt(zeros[:min(target-f.size, int64(len(zeros)))], f.size)
		f.size += int64(written)
		if err != nil {
			return failure("reserve", f.name, err)
		}
	}
	return nil
}

// Sync implements storage.File.
func (f *file) Sync() error {
	if _, err := f.Size(); err != nil {
		return err
	}
	return failure("sync", f.name, syncData(f.handle))
}

// Close implements storage.File. It gives back what is reserved and was not used.
func (f *file) Close() error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if !f.closed && f.size > f.end {
		_ = f.handle.Truncate(f.end) // if it fails the zeros stay, which the contract allows
	}
	f.closed = true
	return failure("close", f.name, f.handle.Close())
}
