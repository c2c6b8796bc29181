//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package disk

import (
	"errors"
	"os"
)

// lockFile refuses: without a lock two processes could write to one directory.
func lockFile(*os.File) error {
	return errors.ErrUnsupported
}
