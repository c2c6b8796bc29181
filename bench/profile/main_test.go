package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestProfile writes both profiles of a real node.
func TestProfile(t *testing.T) {
	binary, out := filepath.Join(t.TempDir(), "embernode"), t.TempDir()
	if output, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../../cmd/embernode").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	var stdout, stderr bytes.Buffer
	err := run(t.Context(), []string{"--ember", binary, "--out", out, "--keys", "100", "--seconds", "1", "--command", "incr counter"},
		&stdout, &stderr)
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	gzip := []byte{0x1f, 0x8b}
	for _, name := range []string{"INCR-cpu.pprof", "INCR-allocs.pprof"} {
		profile, err := os.ReadFile(filepath.Join(out, name))
		if err != nil || !bytes.HasPrefix(profile, gzip) {
			t.Errorf("%s has %d bytes and is no profile, %v", name, len(profile), err)
		}
	}
	if !bytes.Contains(stdout.Bytes(), []byte("INCR: ")) {
		t.Errorf("printed %q", stdout.String())
	}
}

func TestOptions(t *testing.T) {
	for _, arguments := range [][]string{{"more"}, {"--keys", "0"}, {"--command", " "}, {"--nonsense"}} {
		var out bytes.Buffer
		if err := run(t.Context(), arguments, &out, &out); err == nil {
			t.Errorf("%q is accepted", arguments)
		}
	}
}
