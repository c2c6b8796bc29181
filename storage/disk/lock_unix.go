//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package disk

import (
	"errors"
	"os"
	"syscall"

	"github.com/ember-cluster/ember/storage"
)

// lockFile takes the exclusive lock on an open file until it is closed, or fails with storage.ErrLocked.
func lockFile(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return storage.ErrLocked
	}
	return err
}
