package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// dev is a running `embernode dev`.
type dev struct {
	t       *testing.T
	command *exec.Cmd
	out     *bufio.Scanner
	said    strings.Builder
}

func startDev(t *testing.T, args ...string) *dev {
	t.Helper()
	d := &dev{t: t, command: exec.Command(os.Args[0], append([]string{"dev"}, args...)...)}
	d.command.Env = append(os.Environ(), asCommand+"=1")
	stdout, err := d.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.command.Start(); err != nil {
		t.Fatal(err)
	}
	watchdog := time.AfterFunc(time.Minute, func() { _ = d.command.Process.Kill() })
	t.Cleanup(func() {
		watchdog.Stop()
		_ = d.command.Process.Kill()
		_ = d.command.Wait()
	})
	d.out = bufio.NewScanner(stdout)
	return d
}

// read reads the output up to a line that matches, and returns its groups.
func (d *dev) read(pattern string) []string {
	d.t.Helper()
	for d.out.Scan() {
		d.said.WriteString(d.out.Text() + "\n")
		if match := regexp.MustCompile(pattern).FindStringSubmatch(d.out.Text()); match != nil {
			return match
		}
	}
	d.t.Fatalf("nothing like %q is said:\n%s", pattern, d.said.String())
	return nil
}

func closedPort(port int) bool {
	socket, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err == nil {
		socket.Close()
	}
	return err != nil
}

// neighbours returns the first of so many free ports in a row.
func neighbours(t *testing.T, n int) int {
	t.Helper()
	for port := 25000 + os.Getpid()%5000; port < 50000; port += n {
		all := true
		for i := range n {
			all = all && free(port+i) && free(port+i+busPortDistance)
		}
		if all {
			return port
		}
	}
	t.Fatal("no free ports")
	return 0
}

// TestDev has a whole cluster by one command, crashes one of its nodes, and stops the rest.
func TestDev(t *testing.T) {
	port := neighbours(t, 3)
	d := startDev(t, "--nodes", "3", "--port", strconv.Itoa(port), "--", "--maxmemory", "100mb")
	dir := d.read(`^A cluster of 3 nodes, in (.*) \(removed at the end\):$`)[1]
	pid, _ := strconv.Atoi(d.read(`^Crash a node +kill -9 (\d+)$`)[1])
	d.read("^Stop everything +Ctrl-C$")

	c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{fmt.Sprintf("127.0.0.1:%d", port)}})
	defer c.Close()
	for i := range 50 {
		if err := c.Set(t.Context(), fmt.Sprint("key:", i), i, 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	dial(t, fmt.Sprintf("127.0.0.1:%d", port+1)).expect("maxmemory 104857600", "CONFIG", "GET", "maxmemory")

	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	d.read(fmt.Sprintf(`^127.0.0.1:%d has ended \(signal: killed\)`, port+2))
	again := d.read(`^  (\S+ --port \d+ .*--maxmemory 100mb)$`)[1]
	words := strings.Fields(again)
	command := exec.Command(words[0], words[1:]...)
	command.Env = append(os.Environ(), asCommand+"=1")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "the node is back by the command that was shown", func() bool { return !closedPort(port + 2) })
	_ = command.Process.Kill()
	_ = command.Wait()

	if err := d.command.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	d.read("^Stopping.$")
	if err := d.command.Wait(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) || !closedPort(port) || !closedPort(port+1) {
		t.Errorf("something is left: %v", err)
	}
}

// TestDevKeepsItsDirectory stops a cluster and has it again, not another one.
func TestDevKeepsItsDirectory(t *testing.T) {
	dir, port := t.TempDir(), neighbours(t, 2)
	args := []string{"--nodes", "2", "--port", strconv.Itoa(port), "--dir", dir}
	id := ""
	for range 2 {
		d := startDev(t, args...)
		d.read(`\(kept\):$`)
		d.read("^Stop everything")
		got := dial(t, fmt.Sprintf("127.0.0.1:%d", port)).call("CLUSTER", "MYID")
		if id != "" && got != id {
			t.Errorf("node %s was %s before", got, id)
		}
		id = got
		if err := d.command.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := d.command.Wait(); err != nil {
			t.Error(err)
		}
	}
	if logs, _ := filepath.Glob(filepath.Join(dir, "node-*", "log")); len(logs) != 2 {
		t.Errorf("logs %v", logs)
	}
	oneLine(t, devFails(t, "--nodes", "3", "--port", strconv.Itoa(port), "--dir", dir), "has another cluster: 2 nodes")
	oneLine(t, devFails(t, "--nodes", "0"), "there can be 1 to 100 nodes")
	taken, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port+1))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	oneLine(t, devFails(t, args...), fmt.Sprintf("node 127.0.0.1:%d ended (exit status 1): port %d for clients", port+1, port+1))
	if !closedPort(port) {
		t.Error("a node is left")
	}
}

// devFails runs a command that must give up by itself, and returns what it says of that.
func devFails(t *testing.T, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0], append([]string{"dev"}, args...)...)
	command.Env = append(os.Environ(), asCommand+"=1")
	var stderr strings.Builder
	command.Stderr = &stderr
	_ = command.Run() // the status is in ProcessState
	if code := command.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit status %d", code)
	}
	return stderr.String()
}
