package disk

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"testing"

	"github.com/ember-cluster/ember/storage"
)

func TestFailuresSayWhatHappened(t *testing.T) {
	for _, test := range []struct {
		err  error
		want error
		text string
	}{
		{&fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, storage.ErrFull, "append a: no space left on device"},
		{&fs.PathError{Op: "write", Path: "x", Err: syscall.EDQUOT}, storage.ErrFull, "append a: no space left on device"},
		{&fs.PathError{Op: "open", Path: "x", Err: syscall.EACCES}, fs.ErrPermission, "append a: permission denied"},
		{&os.LinkError{Op: "rename", Old: "x", New: "y", Err: syscall.EIO}, syscall.EIO, "append a: input/output error"},
		{fs.ErrClosed, fs.ErrClosed, "append a: file already closed"},
	} {
		got := failure("append", "a", test.err)
		if !errors.Is(got, test.want) || got.Error() != test.text {
			t.Errorf("%v became %q, want %q that is %v", test.err, got, test.text, test.want)
		}
	}
	if failure("append", "a", nil) != nil {
		t.Error("no error became one")
	}
}
