package disk

import (
	"os"
	"syscall"
)

// syncData makes a file's bytes durable, and of its metadata just what is needed to read them.
func syncData(f *os.File) error {
	connection, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = connection.Control(func(descriptor uintptr) {
		for {
			failed = syscall.Fdatasync(int(descriptor))
			if failed != syscall.EINTR {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	return failed
}
