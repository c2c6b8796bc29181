package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core"
)

// openTestServer opens a server inside of the test, with options of the client driver that no flag gives.
func openTestServer(t *testing.T, change func(*driverOptions), args ...string) *server {
	t.Helper()
	c := parse(t, append([]string{"--port", "0", "--bind", "127.0.0.1", "--dir", t.TempDir()}, args...)...)
	if change != nil {
		change(&c.driver)
	}
	s, err := openServer(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// serveInProcess serves until the test ends, and checks that the end is as it should be.
func serveInProcess(t *testing.T, change func(*driverOptions), args ...string) (s *server, address string) {
	t.Helper()
	s = openTestServer(t, change, args...)
	ended := make(chan error)
	go func() { ended <- s.serve() }()
	t.Cleanup(func() {
		s.loop.stop()
		if err := <-ended; err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	return s, netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), s.clientPort).String()
}

func TestMaxClients(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		_, address := serveInProcess(t, nil, "--loop", loop, "--maxclients", "2")
		first, second := dial(t, address), dial(t, address)
		first.expect("PONG", "PING")
		second.expect("PONG", "PING")
		third := dial(t, address)
		if got := third.text(); got != "ERR max number of clients reached" {
			t.Errorf("one too many is told %q", got)
		}
		third.expectEnd()
		first.close()
		await(t, "there is room again", func() bool {
			c := dial(t, address)
			defer c.close()
			c.command("PING")
			return c.text() == "PONG"
		})
	})
}

func TestProtectedMode(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		_, address := serveInProcess(t, func(o *driverOptions) { o.localOnly = true }, "--loop", loop)
		dial(t, address).expect("PONG", "PING")
		o := driverOptions{localOnly: true, maxClients: 1}
		for remote, want := range map[string]string{"10.0.0.1": protectedMode, "::ffff:127.0.0.1": "", "::1": "", "fe80::1": protectedMode} {
			if got := o.refusal(netip.MustParseAddr(remote), 0); got != want {
				t.Errorf("%s is told %q", remote, got)
			}
		}
		if got := o.refusal(netip.MustParseAddr("::1"), 1); got != tooManyClients {
			t.Errorf("one too many is told %q", got)
		}
	})
}

func TestIdleClientsAreClosed(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		_, address := serveInProcess(t, func(o *driverOptions) { o.idle = 50 * time.Millisecond }, "--loop", loop)
		c := dial(t, address)
		for range 10 {
			c.expect("PONG", "PING")
		}
		c.expectEnd()
	})
}

// TestOutputBound closes a client for which too much is queued, and nobody else.
func TestOutputBound(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		s, address := serveInProcess(t, nil, "--loop", loop, "--client-output-buffer-limit", "normal", "20mb", "0", "0")
		other := dial(t, address)
		other.expect("OK", "CLUSTER", "ADDSLOTSRANGE", "0", "16383")
		other.expect("OK", "SET", "key", strings.Repeat("v", 40<<20))
		c := dial(t, address)
		await(t, "both are connected", func() bool { return connected(s) == 2 })
		c.command("GET", "key")
		await(t, "one is closed", func() bool { return connected(s) == 1 })
		read, err := io.Copy(io.Discard, c.socket)
		if read > 20<<20 {
			t.Errorf("%d bytes were sent (%v)", read, err)
		}
		other.expect(fmt.Sprint(40<<20), "STRLEN", "key")
	})
}

// connected returns how many sockets of clients are open.
func connected(s *server) int {
	answer := make(chan int)
	s.loop.mail.post(func() { answer <- s.loop.clients.(interface{ openSockets() int }).openSockets() })
	return <-answer
}

func (d *netDriver) openSockets() int {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.connected
}

// TestClosingLosesNoReply closes connections from the server's side while the client still sends.
func TestClosingLosesNoReply(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		_, address := serveInProcess(t, nil, "--loop", loop)
		for range 20 {
			c := dial(t, address)
			c.send(encode("QUIT") + strings.Repeat(encode("PING"), 50_000))
			if got := c.text(); got != "OK" {
				t.Fatalf("QUIT is answered by %q", got)
			}
			c.expectEnd()
		}
	})
}

// TestConnectionsComeAndGo reuses the numbers of clients under load.
func TestConnectionsComeAndGo(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		s, address := serveInProcess(t, nil, "--loop", loop)
		done := make(chan struct{})
		for range 8 {
			go func() {
				defer func() { done <- struct{}{} }()
				for i := range 100 {
					c := dial(t, address)
					c.command("ECHO", address)
					if i%3 == 0 {
						c.close() // without waiting for the reply
						continue
					}
					if got, err := c.reply(); err != nil || string(got.Str) != address {
						t.Errorf("%q, %v", got.Str, err)
					}
					c.close()
				}
			}()
		}
		for range 8 {
			<-done
		}
		await(t, "all sockets are closed", func() bool { return connected(s) == 0 })
		dial(t, address).expect("PONG", "PING")
	})
}

// TestLogFailure breaks the log of a server that serves: the data stays, and the end is not called a success.
func TestLogFailure(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		s := openTestServer(t, nil, "--loop", loop, "--cluster-require-full-coverage", "no")
		ended := make(chan error)
		go func() { ended <- s.serve() }()
		address := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), s.clientPort).String()
		c := dial(t, address)
		c.expect("OK", "CLUSTER", "ADDSLOTSRANGE", "0", "16000")
		c.expect("OK", "SET", "key", "value")
		if err := s.loop.journal.log.Close(); err != nil {
			t.Fatal(err)
		}
		refusal := "MISCONF Errors writing to the AOF file: storage: log: file already closed"
		dial(t, address).expect(refusal, "CLUSTER", "ADDSLOTS", "16383") // waits when the failure is found
		c.expect(refusal, "CLUSTER", "ADDSLOTS", "16383")
		c.expect("1", "EXISTS", "key")
		c.expect("OK", "SET", "key", "again")
		if info := c.call("INFO", "persistence"); !strings.Contains(info, "aof_last_write_status:err") {
			t.Errorf("INFO: %s", info)
		}
		s.loop.stop()
		if err := <-ended; err == nil || !strings.HasPrefix(err.Error(), "log: ") {
			t.Errorf("the server ended with %v", err)
		}
	})
}

// TestLogFailsAtStart breaks the log before the start is durable: nothing may be served then.
func TestLogFailsAtStart(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		s := openTestServer(t, nil, "--loop", loop)
		if err := s.loop.journal.log.Close(); err != nil {
			t.Fatal(err)
		}
		if err := s.serve(); err == nil || !strings.HasPrefix(err.Error(), "log: ") {
			t.Errorf("the server ended with %v", err)
		}
	})
}

func TestMailboxBoundsTheBus(t *testing.T) {
	m := newMailbox()
	var taken, woken atomic.Int32
	m.begin(func() { woken.Add(1) })
	letter := func() { taken.Add(1) }
	for size := 0; size+1000 <= maxMailbox; size += 1000 + letterSize {
		if !m.offer(1000, letter) {
			t.Fatalf("no room for another letter behind %d bytes", size)
		}
	}
	if m.offer(1000, letter) {
		t.Error("there is room beyond the bound")
	}
	before := m.size
	m.post(letter) // what is not the bus's always finds room
	insisted := make(chan struct{})
	go func() {
		m.insist(1000, letter)
		close(insisted)
	}()
	if woken.Load() != 2 {
		t.Errorf("woken %d times, want once at the begin and once by the first letter", woken.Load())
	}
	count := int32(before/(1000+letterSize)) + 1
	m.open()
	if got := taken.Load(); got < count || got > count+1 {
		t.Errorf("%d letters were taken, want %d", got, count)
	}
	<-insisted
	m.open()
	if got := taken.Load(); got != count+1 {
		t.Errorf("%d letters were taken, want %d", got, count+1)
	}
	m.close()
	m.insist(maxMailbox+1, letter) // does not wait for a loop that is gone
	m.open()
	if got := taken.Load(); got != count+1 {
		t.Errorf("a closed mailbox gives out letters")
	}
}

func TestAlarm(t *testing.T) {
	rang := make(chan struct{}, 1)
	var a alarm
	a.init(func() { rang <- struct{}{} })
	began := time.Now()
	now := func() time.Duration { return time.Since(began) }
	if a.set(now(), now()) {
		t.Error("a deadline that has come is waited for")
	}
	if !a.set(now()+time.Hour, now()) || !a.set(now()+time.Millisecond, now()) {
		t.Error("a deadline in the future is not waited for")
	}
	<-rang // for the nearer one
	if !a.set(core.Never, now()) {
		t.Error("no deadline is not waited for")
	}
	if !a.set(now()+time.Millisecond, now()) {
		t.Error("a deadline in the future is not waited for")
	}
	<-rang
}

func TestBufferPool(t *testing.T) {
	var p bufferPool
	var out [][]byte
	for range maxLargeOut {
		out = append(out, p.get(true))
	}
	if len(out[0]) != largeBuffer || len(p.get(true)) != smallBuffer || len(p.get(false)) != smallBuffer {
		t.Error("large buffers are not bounded")
	}
	for _, buffer := range out {
		p.put(buffer)
	}
	if len(p.large) != maxLargeKept || p.largeOut != 0 {
		t.Errorf("%d large buffers are kept, %d in use", len(p.large), p.largeOut)
	}
	if len(p.get(true)) != largeBuffer {
		t.Error("a large buffer that was given back is not given out")
	}
}

var errPlanted = errors.New("planted")

func TestComplaintIsOneLine(t *testing.T) {
	var b strings.Builder
	complain(&b, errors.Join(errPlanted, errPlanted))
	oneLine(t, b.String(), "planted; planted")
}
