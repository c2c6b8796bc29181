package disksim

import (
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/ember-cluster/ember/storage"
)

// A file is an open file of a Disk.
type file struct {
	disk *Disk
	node *node
	name string
	// life is the disk's when the file was opened.
	life   uint64
	closed bool
	// end is where the next Append goes. Behind it the node may have reserved zeros.
	end int64
}

func (f *file) check(operation string) error {
	if f.closed || f.life != f.disk.life {
		return failure(operation, f.name, fs.ErrClosed)
	}
	return nil
}

// ReadAt implements storage.File.
func (f *file) ReadAt(p []byte, offset int64) (int, error) {
	if err := f.check("read"); err != nil {
		return 0, err
	}
	if offset < 0 {
		return 0, fmt.Errorf("disksim: read %s: negative offset %d", f.name, offset)
	}
	if f.disk.fails(f.disk.faults.ReadErrors) {
		f.disk.counters.Failures++
		return 0, failure("read", f.name, ErrFault)
	}
	if offset >= int64(len(f.node.visible)) {
		if len(p) == 0 {
			return 0, nil
		}
		return 0, io.EOF
	}
	n := copy(p, f.node.visible[offset:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Append implements storage.File.
func (f *file) Append(p []byte) error {
	if err := f.check("append"); err != nil {
		return err
	}
	var err error
	if f.disk.fails(f.disk.faults.WriteErrors) {
		f.disk.counters.Failures++
		p, err = p[:f.disk.failures.draw().IntN(len(p)+1)], failure("append", f.name, ErrFault)
	}
	if room := f.room(); int64(len(p)) > room {
		p, err = p[:room], failure("append", f.name, storage.ErrFull)
	}
	f.disk.counters.Written += uint64(len(p))
	f.write(write{kind: put, offset: f.end, data: slices.Clone(p)})
	f.end += int64(len(p))
	return err
}

// room returns how many bytes can be appended before the disk is full: at least those that are reserved.
func (f *file) room() int64 {
	if f.disk.faults.Capacity == 0 {
		return 1<<63 - 1
	}
	reserved := int64(len(f.node.visible)) - f.end
	return max(f.disk.faults.Capacity-f.disk.used(), 0) + reserved
}

// Size implements storage.File.
func (f *file) Size() (int64, error) {
	return f.end, f.check("size")
}

// Truncate implements storage.File.
func (f *file) Truncate(size int64) error {
	if err := f.check("truncate"); err != nil {
		return err
	}
	if size < 0 || size > f.end {
		return fmt.Errorf("disksim: truncate %s: to %d bytes, it has %d", f.name, size, f.end)
	}
	if f.disk.fails(f.disk.faults.WriteErrors) {
		f.disk.counters.Failures++
		return failure("truncate", f.name, ErrFault)
	}
	f.write(write{kind: cut, offset: size})
	f.end = size
	return nil
}

// Reserve implements storage.File.
func (f *file) Reserve(n int64) error {
	if err := f.check("reserve"); err != nil {
		return err
	}
	if f.end+n > int64(len(f.node.visible)) {
		if n > f.room() {
			return failure("reserve", f.name, storage.ErrFull)
		}
		f.write(write{kind: lengthen, offset: f.end + n})
	}
	return nil
}

// Sync implements storage.File.
func (f *file) Sync() error {
	if err := f.check("sync"); err != nil {
		return err
	}
	f.disk.counters.Syncs++
	switch {
	case f.disk.fails(f.disk.faults.LyingSyncs):
		f.disk.counters.Lies++
		return nil
	case f.disk.fails(f.disk.faults.SyncErrors):
		f.disk.counters.Failures++
		f.node.lose(f.disk.failures.draw())
		f.disk.clean(f.node)
		return failure("sync", f.name, ErrFault)
	}
	f.node.sync()
	f.disk.clean(f.node)
	return nil
}

// Close implements storage.File.
func (f *file) Close() error {
	err := f.check("close")
	f.closed = true
	return err
}

// write does a write, and notes it as unsynced.
func (f *file) write(w write) {
	f.disk.order++
	w.order = f.disk.order
	f.node.visible = w.apply(f.node.visible, w.units())
	if len(f.node.unsynced) == 0 {
		f.disk.dirty = append(f.disk.dirty, f.node)
	}
	f.node.unsynced = append(f.node.unsynced, w)
}

// clean notes that a file has no unsynced writes any more.
func (d *Disk) clean(n *node) {
	if i := slices.Index(d.dirty, n); i >= 0 {
		d.dirty = slices.Delete(d.dirty, i, i+1)
	}
}
