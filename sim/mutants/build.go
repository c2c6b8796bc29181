package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// workshop is where bugs are built: the module's root, and a directory for what is made from it.
type workshop struct {
	root, scratch string
	jobs          int // bugs at the same time
	// shrinks says that runs are made small; they are kept in keep if that is not empty.
	shrinks bool
	keep    string
}

// moduleRoot returns the directory of the module that contains the working directory.
func moduleRoot() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	path := string(bytes.TrimSpace(out))
	if err != nil || path == "" || path == os.DevNull {
		return "", fmt.Errorf("this is not run inside of the module (go env GOMOD): %q, %v", path, err)
	}
	return filepath.Dir(path), nil
}

// overlay writes the bug's source and the file that tells the go command of it, and returns that file's path.
func (w workshop) overlay(b *bug) (string, error) {
	original := filepath.Join(w.root, filepath.FromSlash(b.file))
	source, err := os.ReadFile(original)
	if err != nil {
		return "", err
	}
	mutated, err := b.apply(string(source))
	if err != nil {
		return "", err
	}
	replacement := filepath.Join(w.scratch, b.name+".go")
	if err := os.WriteFile(replacement, []byte(mutated), 0o600); err != nil {
		return "", err
	}
	table, err := json.Marshal(map[string]map[string]string{"Replace": {original: replacement}})
	if err != nil {
		return "", err
	}
	path := filepath.Join(w.scratch, b.name+".json")
	return path, os.WriteFile(path, table, 0o600)
}

// simulator builds embersim, with the bug in it unless that is nil, and returns the program's path.
func (w workshop) simulator(b *bug) (string, error) {
	name, flags := "sound", []string{}
	if b != nil {
		overlay, err := w.overlay(b)
		if err != nil {
			return "", err
		}
		name, flags = b.name, []string{"-overlay", overlay}
	}
	program := filepath.Join(w.scratch, name)
	args := append(append([]string{"build", "-pgo=off"}, flags...), "-o", program, "./cmd/embersim")
	if out, err := w.command("go", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s does not build: %w\n%s", name, err, out)
	}
	return program, nil
}

func (w workshop) command(program string, args ...string) *exec.Cmd {
	command := exec.Command(program, args...)
	command.Dir = w.root
	return command
}
