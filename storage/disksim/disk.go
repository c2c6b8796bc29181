package disksim

import (
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/storage"
)

// A Disk is a simulated disk with one directory. It is not safe for concurrent use.
type Disk struct {
	streams
	timing Timing
	faults Faults

	// visible is the directory as the process sees it, durable as a crash leaves it at least.
	//
	// Invariant: changes applied to durable give visible.
	visible, durable listing
	// changes are the operations on the directory since its last Sync, in order.
	changes []change
	// dirty are the files with unsynced writes, in the order in which they became so.
	dirty []*node
	// order numbers all unsynced operations, of files and directory together.
	order uint64
	// life counts crashes and wipes. What was opened in an earlier life is closed.
	life uint64

	counters Counters
}

// Counters count what was done to a disk since it was made.
type Counters struct {
	// Syncs counts syncs of files and of the directory; Lies and Failures those of them and of the other operations
	// that a fault hit.
	Syncs, Lies, Failures uint64
	// Written counts the bytes appended.
	Written uint64
}

// New returns an empty disk that draws its chances from the source.
func New(source *random.Stream, timing Timing) *Disk {
	return &Disk{streams: newStreams(source), timing: timing}
}

// NewTimed returns an empty disk whose chances depend on the instant at which they are drawn, and not on how many were drawn
// before: an operation that is left out of a simulation does not change the fate of later ones. Moments returns the streams of a
// use, now the time of the simulation, never negative.
func NewTimed(moments func(use string) *random.Moments, now func() time.Duration, timing Timing) *Disk {
	one := func(use string) chances { return chances{moments: *moments(use), now: now} }
	return &Disk{streams: streams{crashes: one("crashes"), failures: one("failures"), latencies: one("latencies")}, timing: timing}
}

// Counters returns what was done so far.
func (d *Disk) Counters() Counters {
	return d.counters
}

// Create implements storage.Directory.
func (d *Disk) Create(name string) (storage.File, error) {
	if err := d.checkName("create", name); err != nil {
		return nil, err
	}
	if d.visible.find(name) != nil {
		return nil, failure("create", name, fs.ErrExist)
	}
	n := &node{}
	d.change(change{after: name, node: n})
	return &file{disk: d, node: n, name: name, life: d.life}, nil
}

// Open implements storage.Directory.
func (d *Disk) Open(name string) (storage.File, error) {
	if err := storage.CheckName(name); err != nil {
		return nil, err
	}
	n := d.visible.find(name)
	if n == nil {
		return nil, failure("open", name, fs.ErrNotExist)
	}
	return &file{disk: d, node: n, name: name, life: d.life, end: int64(len(n.visible))}, nil
}

// Remove implements storage.Directory.
func (d *Disk) Remove(name string) error {
	if err := d.checkName("remove", name); err != nil {
		return err
	}
	n := d.visible.find(name)
	if n == nil {
		return failure("remove", name, fs.ErrNotExist)
	}
	d.change(change{before: name, node: n})
	return nil
}

// Rename implements storage.Directory.
func (d *Disk) Rename(old, new string) error {
	if err := storage.CheckName(new); err != nil {
		return err
	}
	if err := d.checkName("rename", old); err != nil {
		return err
	}
	n := d.visible.find(old)
	if n == nil {
		return failure("rename", old, fs.ErrNotExist)
	}
	if old != new {
		d.change(change{before: old, after: new, node: n})
	}
	return nil
}

// List implements storage.Directory.
func (d *Disk) List() ([]string, error) {
	names := make([]string, len(d.visible))
	for i, e := range d.visible {
		names[i] = e.name
	}
	return names, nil
}

// Sync implements storage.Directory.
func (d *Disk) Sync() error {
	d.counters.Syncs++
	switch {
	case d.fails(d.faults.LyingSyncs):
		d.counters.Lies++
		return nil
	case d.fails(d.faults.SyncErrors):
		d.counters.Failures++
		return failure("sync", "directory", ErrFault)
	}
	d.durable = slices.Clone(d.visible)
	d.changes = nil
	return nil
}

// checkName returns an error if the name is none, or if a write error hits the operation.
func (d *Disk) checkName(operation, name string) error {
	if err := storage.CheckName(name); err != nil {
		return err
	}
	if d.fails(d.faults.WriteErrors) {
		d.counters.Failures++
		return failure(operation, name, ErrFault)
	}
	return nil
}

func (d *Disk) change(c change) {
	d.order++
	c.order = d.order
	c.apply(&d.visible)
	d.changes = append(d.changes, c)
}

// used returns the bytes of all files.
func (d *Disk) used() int64 {
	var used int64
	for _, e := range d.visible {
		used += int64(len(e.node.visible))
	}
	return used
}

func failure(operation, name string, cause error) error {
	return fmt.Errorf("disksim: %s %s: %w", operation, name, cause)
}

// CloseAll closes what is open, as the operating system does when a process dies. Everything stays as it is: what is not synced
// can be read, and is lost in a crash that comes later.
func (d *Disk) CloseAll() { d.life++ }

// Wipe empties the disk, as if it had been replaced. What is open is closed.
func (d *Disk) Wipe() {
	d.visible, d.durable, d.changes, d.dirty = nil, nil, nil, nil
	d.life++
}

// Reseed lets the disk draw its chances from another source from now on, so that clones meet different fates.
func (d *Disk) Reseed(source *random.Stream) {
	d.streams = newStreams(source)
}

// Clone returns an independent copy of the disk, with what is unsynced and with the chances that lie before it.
// Files that are open stay with the original.
func (d *Disk) Clone() *Disk {
	clone := *d
	copies := map[*node]*node{}
	copyOf := func(n *node) *node {
		if copies[n] == nil {
			copies[n] = &node{
				visible: slices.Clone(n.visible), durable: slices.Clone(n.durable), unsynced: slices.Clone(n.unsynced),
			}
		}
		return copies[n]
	}
	clone.visible, clone.durable = slices.Clone(d.visible), slices.Clone(d.durable)
	for _, l := range []listing{clone.visible, clone.durable} {
		for i := range l {
			l[i].node = copyOf(l[i].node)
		}
	}
	clone.changes = slices.Clone(d.changes)
	for i := range clone.changes {
		clone.changes[i].node = copyOf(clone.changes[i].node)
	}
	clone.dirty = slices.Clone(d.dirty)
	for i := range clone.dirty {
		clone.dirty[i] = copyOf(clone.dirty[i])
	}
	return &clone
}
