package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// asCommand makes the test binary be the command, so that tests run real processes without building another binary.
const asCommand = "EMBERNODE_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// process is an embernode of its own.
type process struct {
	t       *testing.T
	command *exec.Cmd
	dir     string
	port    int
	busPort int
	log     *lockedBuffer
	// ended is closed when the process has; status is valid then.
	ended chan struct{}
}

// lockedBuffer collects what a process says.
type lockedBuffer struct {
	mutex sync.Mutex
	bytes bytes.Buffer
}

func (b *lockedBuffer) add(line string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.bytes.WriteString(line + "\n")
}

func (b *lockedBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.bytes.String()
}

var servingLine = regexp.MustCompile(`msg=serving .*client_port=(\d+) tls_port=\d+ cluster_port=(\d+)`)

// launch starts a process on a free port of the loopback interface, unless the arguments say otherwise, and does not wait.
func launch(t *testing.T, dir string, args ...string) (*process, *bufio.Scanner) {
	t.Helper()
	var all []string
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		all, args = args[:1:1], args[1:] // the configuration file
	}
	all = append(append(all, "--port", "0", "--bind", "127.0.0.1", "--dir", dir), args...)
	p := &process{t: t, dir: dir, log: &lockedBuffer{}, ended: make(chan struct{}), command: exec.Command(os.Args[0], all...)}
	p.command.Env = append(os.Environ(), asCommand+"=1")
	stderr, err := p.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	// A process that hangs must not make the test hang.
	watchdog := time.AfterFunc(time.Minute, func() { _ = p.command.Process.Kill() })
	t.Cleanup(func() {
		watchdog.Stop()
		p.kill()
	})
	return p, bufio.NewScanner(stderr)
}

// start starts a process and waits until it serves.
func start(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	p, lines := launch(t, dir, args...)
	serving := false
	for !serving && lines.Scan() {
		p.log.add(lines.Text())
		if match := servingLine.FindStringSubmatch(lines.Text()); match != nil {
			serving = true
			p.port, _ = strconv.Atoi(match[1])
			p.busPort, _ = strconv.Atoi(match[2])
		}
	}
	go func() {
		defer close(p.ended)
		for lines.Scan() {
			p.log.add(lines.Text())
		}
		_ = p.command.Wait() // the status is in ProcessState
	}()
	if !serving {
		<-p.ended
		t.Fatalf("the process ended before it served:\n%s", p.log)
	}
	return p
}

// fail starts a process that must give up by itself, with status 1, and returns all that it has said on stderr.
func fail(t *testing.T, dir string, args ...string) string {
	t.Helper()
	p, lines := launch(t, dir, args...)
	for lines.Scan() {
		p.log.add(lines.Text())
	}
	_ = p.command.Wait() // the status is in ProcessState
	close(p.ended)
	if code := p.command.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit status %d, want 1, after:\n%s", code, p.log)
	}
	return p.log.String()
}

// kill ends the process without giving it a chance.
func (p *process) kill() {
	if p.command.Process.Kill() == nil {
		<-p.ended
	}
}

// stop asks the process to end, and returns its exit status.
func (p *process) stop(s syscall.Signal) int {
	p.t.Helper()
	if err := p.command.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
	<-p.ended
	return p.command.ProcessState.ExitCode()
}

func (p *process) address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port)) }

// serving starts a process that owns all slots.
func serving(t *testing.T, args ...string) *process {
	t.Helper()
	p := start(t, t.TempDir(), args...)
	c := dial(t, p.address())
	defer c.close()
	c.expect("OK", "CLUSTER", "ADDSLOTSRANGE", "0", "16383")
	return p
}

// onEveryLoop runs a test with each kind of loop that this system has.
func onEveryLoop(t *testing.T, test func(t *testing.T, loop string)) {
	t.Helper()
	t.Run(loopNet, func(t *testing.T) { test(t, loopNet) })
	if defaultLoop != loopNet {
		t.Run(defaultLoop, func(t *testing.T) { test(t, defaultLoop) })
	}
}

// await polls until the condition holds.
func await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for give := time.After(time.Minute); !condition(); {
		select {
		case <-poll.C:
		case <-give:
			t.Fatalf("%s: this has not come about", what)
		}
	}
}

// freePorts returns ports that nobody listens on now, each with the one above it by the distance of the bus.
func freePorts(t *testing.T, n int) []int {
	t.Helper()
	var ports []int
	for port := 20000 + os.Getpid()%5000; len(ports) < n; port++ {
		if port > 50000 {
			t.Fatal("no free ports")
		}
		if free(port) && free(port+busPortDistance) {
			ports = append(ports, port)
		}
	}
	return ports
}

func free(port int) bool {
	address := fmt.Sprintf("127.0.0.1:%d", port)
	stream, err := net.Listen("tcp", address)
	if err != nil {
		return false
	}
	defer stream.Close()
	datagrams, err := net.ListenPacket("udp", address)
	if err != nil {
		return false
	}
	datagrams.Close()
	return true
}

// oneLine fails the test unless the text is one line that begins with the command's name and contains all the parts.
func oneLine(t *testing.T, text string, parts ...string) {
	t.Helper()
	if strings.Count(text, "\n") != 1 || !strings.HasPrefix(text, "embernode: ") {
		t.Errorf("this is not one line of embernode:\n%s", text)
	}
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in:\n%s", part, text)
		}
	}
}
