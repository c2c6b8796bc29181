package storagetest

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"slices"
	"testing"

	"github.com/ember-cluster/ember/storage"
)

// A Harness is an empty directory, made for one test and cleaned up with it.
type Harness interface {
	// Directory returns the directory, open.
	Directory() storage.Directory
	// Reopen ends the process in an orderly way, and returns the directory as the next one opens it. Files that are
	// open at this time must not be used any more.
	Reopen() storage.Directory
}

// Run runs the contract suite, each test on a directory of its own.
func Run(t *testing.T, newHarness func(t *testing.T) Harness) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, h Harness)
	}{
		{"a file is made once", testCreate},
		{"a missing file is reported", testMissing},
		{"what is appended can be read", testAppend},
		{"reading at and behind the end", testReadAtEnd},
		{"a file is cut", testTruncate},
		{"reserved room is not part of a file", testReserve},
		{"a file is renamed over another", testRename},
		{"a removed file can still be used", testRemove},
		{"the list is sorted", testList},
		{"names that are refused", testNames},
		{"a closed file is refused", testClosed},
		{"everything is there after a restart", testReopen},
		{"a log is there after a restart", testLog},
		{"a log rotates and releases", testLogRotates},
		{"a closed log is refused", testLogClosed},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newHarness(t)) })
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// create makes a file with the content.
func create(t *testing.T, d storage.Directory, name, content string) storage.File {
	t.Helper()
	f, err := d.Create(name)
	must(t, err)
	must(t, f.Append([]byte(content)))
	return f
}

// content returns all bytes of a file, through its handle.
func content(t *testing.T, f storage.File) string {
	t.Helper()
	size, err := f.Size()
	must(t, err)
	data := make([]byte, size)
	if n, err := f.ReadAt(data, 0); n != len(data) || err != nil && !errors.Is(err, io.EOF) {
		t.Fatalf("read %d bytes of %d: %v", n, size, err)
	}
	return string(data)
}

func wantContent(t *testing.T, f storage.File, want string) {
	t.Helper()
	if got := content(t, f); got != want {
		t.Errorf("content %q, want %q", got, want)
	}
}

func wantError(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("error %v, want one that is %v", got, want)
	}
}

func wantNames(t *testing.T, d storage.Directory, want ...string) {
	t.Helper()
	got, err := d.List()
	must(t, err)
	if !slices.Equal(got, want) {
		t.Errorf("files %q, want %q", got, want)
	}
}

func testCreate(t *testing.T, h Harness) {
	d := h.Directory()
	f := create(t, d, "a", "first")
	_, err := d.Create("a")
	wantError(t, err, fs.ErrExist)
	wantContent(t, f, "first")
	must(t, f.Close())
}

func testMissing(t *testing.T, h Harness) {
	d := h.Directory()
	_, err := d.Open("a")
	wantError(t, err, fs.ErrNotExist)
	wantError(t, d.Remove("a"), fs.ErrNotExist)
	wantError(t, d.Rename("a", "b"), fs.ErrNotExist)
	wantNames(t, d)
}

func testAppend(t *testing.T, h Harness) {
	d := h.Directory()
	f := create(t, d, "a", "one ")
	must(t, f.Append(nil))
	must(t, f.Append([]byte("two ")))
	must(t, f.Sync())
	must(t, f.Append([]byte("three")))
	wantContent(t, f, "one two three")
	other, err := d.Open("a")
	must(t, err)
	wantContent(t, other, "one two three")
	must(t, other.Close())
	must(t, f.Close())
}

func testReadAtEnd(t *testing.T, h Harness) {
	f := create(t, h.Directory(), "a", "0123456789")
	p := make([]byte, 4)
	if n, err := f.ReadAt(p, 3); n != 4 || err != nil || string(p) != "3456" {
		t.Errorf("within: %d bytes %q, %v", n, p, err)
	}
	if n, err := f.ReadAt(p, 8); n != 2 || err != io.EOF || string(p[:2]) != "89" {
		t.Errorf("over the end: %d bytes %q, %v, want 2 and io.EOF", n, p[:n], err)
	}
	if n, err := f.ReadAt(p, 20); n != 0 || err != io.EOF {
		t.Errorf("behind the end: %d bytes, %v, want none and io.EOF", n, err)
	}
	if _, err := f.ReadAt(p, -1); err == nil {
		t.Error("before the beginning: no error")
	}
	must(t, f.Close())
}

func testTruncate(t *testing.T, h Harness) {
	d := h.Directory()
	f := create(t, d, "a", "0123456789")
	must(t, f.Truncate(4))
	wantContent(t, f, "0123")
	must(t, f.Append([]byte("xyz")))
	wantContent(t, f, "0123xyz")
	if f.Truncate(8) == nil || f.Truncate(-1) == nil {
		t.Error("a file was lengthened by Truncate, or cut to less than nothing")
	}
	must(t, f.Sync())
	must(t, f.Close())
	f, err := h.Reopen().Open("a")
	must(t, err)
	wantContent(t, f, "0123xyz")
	must(t, f.Truncate(0))
	wantContent(t, f, "")
	must(t, f.Close())
}

func testReserve(t *testing.T, h Harness) {
	d := h.Directory()
	f := create(t, d, "a", "0123")
	must(t, f.Reserve(1000))
	wantContent(t, f, "0123")
	must(t, f.Append([]byte("45")))
	must(t, f.Sync())
	must(t, f.Reserve(10)) // there is more already
	must(t, f.Append(bytes.Repeat([]byte("x"), 2000)))
	want := "012345" + string(bytes.Repeat([]byte("x"), 2000))
	wantContent(t, f, want)
	must(t, f.Reserve(100))
	must(t, f.Sync())
	must(t, f.Close())
	f, err := h.Reopen().Open("a")
	must(t, err)
	got := content(t, f)
	if len(got) < len(want) || got[:len(want)] != want || len(bytes.Trim([]byte(got[len(want):]), "\x00")) != 0 {
		t.Errorf("after a restart the file has %d bytes that differ from the %d appended and zeros", len(got), len(want))
	}
	must(t, f.Truncate(3))
	must(t, f.Append([]byte("y")))
	wantContent(t, f, "012y")
	must(t, f.Close())
}

func testRename(t *testing.T, h Harness) {
	d := h.Directory()
	old := create(t, d, "a", "old")
	replacement := create(t, d, "b", "new")
	must(t, d.Rename("b", "a"))
	wantNames(t, d, "a")
	wantContent(t, old, "old") // through the handle
	wantContent(t, replacement, "new")
	f, err := d.Open("a")
	must(t, err)
	wantContent(t, f, "new")
	must(t, d.Rename("a", "a"))
	wantNames(t, d, "a")
	must(t, d.Sync())
	for _, f := range []storage.File{old, replacement, f} {
		must(t, f.Close())
	}
}

func testRemove(t *testing.T, h Harness) {
	d := h.Directory()
	f := create(t, d, "a", "0123")
	must(t, d.Remove("a"))
	wantNames(t, d)
	must(t, f.Append([]byte("45")))
	wantContent(t, f, "012345")
	again := create(t, d, "a", "another")
	wantContent(t, f, "012345")
	wantContent(t, again, "another")
	must(t, f.Close())
	must(t, again.Close())
}

func testList(t *testing.T, h Harness) {
	d := h.Directory()
	for _, name := range []string{"b", "a-2", "c.log", "A", "a-10"} {
		must(t, create(t, d, name, name).Close())
	}
	wantNames(t, d, "A", "a-10", "a-2", "b", "c.log")
}

func testNames(t *testing.T, h Harness) {
	d := h.Directory()
	must(t, create(t, d, "good", "").Close())
	for _, name := range []string{"", ".", "..", ".hidden", "a/b", "../a", "/a", `a\b`, "a b", "a\x00b", "é", string(make([]byte, 300))} {
		if _, err := d.Create(name); err == nil {
			t.Errorf("%q was created", name)
		}
		if _, err := d.Open(name); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("opening %q: %v, want a refusal of the name", name, err)
		}
		if d.Remove(name) == nil || d.Rename(name, "b") == nil || d.Rename("good", name) == nil {
			t.Errorf("%q was removed or renamed", name)
		}
	}
	wantNames(t, d, "good")
}

func testClosed(t *testing.T, h Harness) {
	f := create(t, h.Directory(), "a", "0123")
	must(t, f.Close())
	_, err := f.ReadAt(make([]byte, 1), 0)
	wantError(t, err, fs.ErrClosed)
	_, err = f.Size()
	wantError(t, err, fs.ErrClosed)
	wantError(t, f.Append([]byte("4")), fs.ErrClosed)
	wantError(t, f.Truncate(0), fs.ErrClosed)
	wantError(t, f.Reserve(10), fs.ErrClosed)
	wantError(t, f.Sync(), fs.ErrClosed)
	wantError(t, f.Close(), fs.ErrClosed)
}

func testReopen(t *testing.T, h Harness) {
	d := h.Directory()
	must(t, create(t, d, "a", "kept").Close())
	must(t, create(t, d, "b", "removed").Close())
	must(t, create(t, d, "c", "renamed").Close())
	must(t, d.Remove("b"))
	must(t, d.Rename("c", "d"))
	must(t, d.Sync())
	d = h.Reopen()
	wantNames(t, d, "a", "d")
	f, err := d.Open("a")
	must(t, err)
	must(t, f.Append([]byte(" and more")))
	wantContent(t, f, "kept and more")
	must(t, f.Close())
}
