package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestSupervision plays the service manager.
func TestSupervision(t *testing.T) {
	dir := t.TempDir()
	path, pidFile := filepath.Join(dir, "notify"), filepath.Join(dir, "ember.pid")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer manager.Close()
	t.Setenv("NOTIFY_SOCKET", path)
	heard := func() string {
		message := make([]byte, 100)
		n, err := manager.Read(message)
		if err != nil {
			t.Fatal(err)
		}
		return string(message[:n])
	}
	p := start(t, t.TempDir(), "--supervised", "systemd", "--pidfile", pidFile)
	if got := heard(); !strings.HasPrefix(got, "READY=1\n") {
		t.Errorf("told %q", got)
	}
	if content, err := os.ReadFile(pidFile); string(content) != fmt.Sprintf("%d\n", p.command.Process.Pid) || err != nil {
		t.Errorf("the pidfile has %q, %v", content, err)
	}
	if code := p.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("exit status %d", code)
	}
	if got := heard(); got != "STOPPING=1\n" {
		t.Errorf("told %q", got)
	}
	if _, err := os.Stat(pidFile); !os.IsNotExist(err) {
		t.Errorf("the pidfile is left over (%v)", err)
	}
	oneLine(t, fail(t, t.TempDir(), "--supervised", "upstart"), "must be one of the following: no, auto, systemd")
}
