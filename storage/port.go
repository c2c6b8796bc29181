package storage

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrFull is the cause of every failure for want of room: the disk's, or a quota's. Test with errors.Is.
var ErrFull = errors.New("no space left on device")

// ErrLocked is the cause of a failure to open a directory that another process has open. Test with errors.Is.
var ErrLocked = errors.New("in use by another process")

// A Directory is one flat directory of files that belongs to this process alone.
//
// Nothing that Create, Remove or Rename does is sure to survive a crash until a Sync of the directory that began
// after it has returned. Until then each of them may be kept or lost, and of operations on different names a later
// one may be kept while an earlier one is lost. A Rename is kept or lost as a whole. Syncing a file does not make
// its name durable, and syncing the directory does not make any file's content durable.
//
// Errors wrap fs.ErrNotExist, fs.ErrExist and ErrFull where they apply. A name for which CheckName fails is refused.
//
// The methods may be called from several goroutines in storage/disk, from one in storage/disksim.
type Directory interface {
	// Create makes a new, empty file. It is an error (fs.ErrExist) if there is one of that name.
	Create(name string) (File, error)
	// Open opens the file of that name, its end being where the file ends.
	Open(name string) (File, error)
	// Remove removes the file of that name. Who has it open can go on using it.
	Remove(name string) error
	// Rename gives a file another name, in one step replacing a file that has that name already.
	Rename(old, new string) error
	// List returns the names of all files, sorted.
	List() ([]string, error)
	// Sync makes durable every Create, Remove and Rename that returned before it was called.
	Sync() error
}

// A File is open for reading anywhere and for writing at its end.
//
// What Append, Truncate and Reserve do is visible at once to every reader, and durable once a Sync that began after
// them has returned without an error. In a crash before that, any part of the unsynced bytes may survive, not
// only a prefix: the rest is missing or reads as zeros. Bytes that were synced stay as they are, also when bytes
// of the same disk sector are written later.
//
// After an error of Append, Truncate or Sync it is unknown what of it has happened or will survive. A failed Sync
// must not be tried again in the hope that it then means something: the operating system may have dropped the
// dirty pages, and reports them only once.
//
// Append and Sync may be called at the same time from two goroutines in storage/disk, but not so in storage/disksim.
type File interface {
	// ReadAt reads as io.ReaderAt says. Bytes that are reserved and not yet appended may read as zeros or be
	// reported as io.EOF.
	io.ReaderAt
	// Append writes p at the end of the file.
	Append(p []byte) error
	// Size returns the end of the file, where the next Append goes, without what is reserved behind it.
	Size() (int64, error)
	// Truncate cuts the file to size bytes, which must not be more than it has, and drops what is reserved.
	Truncate(size int64) error
	// Reserve makes room for n bytes behind the end, which stays where it is, so that a Sync of bytes appended
	// there need not write the file's metadata, which about halves its time. It is a hint: nothing may happen, and
	// an error of Reserve is harmless. Room that is left when the file is closed or a crash comes can
	// show as zero bytes, all or part of them, at the end of the file when it is opened again.
	Reserve(n int64) error
	// Sync makes durable everything that was appended, truncated or reserved before it was called.
	Sync() error
	// Close gives the file back, without making anything durable. Further calls fail with fs.ErrClosed.
	Close() error
}

// CheckName returns an error unless a file of a Directory may have that name: 1 to 255 bytes of letters,
// digits, '.', '-' and '_', not beginning with a dot.
func CheckName(name string) error {
	if name == "" || len(name) > 255 || name[0] == '.' {
		return fmt.Errorf("storage: %q cannot be the name of a file", name)
	}
	for i := 0; i < len(name); i++ {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_", rune(name[i])) {
			return fmt.Errorf("storage: %q cannot be the name of a file", name)
		}
	}
	return nil
}
