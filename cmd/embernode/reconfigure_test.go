package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core"
	"github.com/ember-cluster/ember/core/command"
)

// TestSettingsTakeEffect changes what concerns the process while it runs.
func TestSettingsTakeEffect(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		_, address := serveInProcess(t, nil, "--loop", loop)
		c := dial(t, address)
		c.expect("OK", "CONFIG", "SET", "maxclients", "1", "loglevel", "debug", "tcp-keepalive", "60")
		c.expect("maxclients 1 tcp-keepalive 60", "CONFIG", "GET", "maxclients", "tcp-keepalive")
		if got := dial(t, address).text(); got != tooManyClients[1:len(tooManyClients)-2] {
			t.Errorf("one too many is told %q", got)
		}
		if info := c.call("INFO", "stats"); !strings.Contains(info, "rejected_connections:1\r\n") {
			t.Errorf("INFO: %s", info)
		}
		c.expect("OK", "CONFIG", "SET", "maxclients", "10", "requirepass", "secret")
		other := dial(t, address)
		other.expect("NOAUTH Authentication required.", "PING")
		other.expect("OK", "AUTH", "secret")
		other.expect("PONG", "PING")
		c.expect("OK", "CONFIG", "SET", "proto-max-bulk-len", "1mb")
		other.command("ECHO", strings.Repeat("x", 1<<20+1))
		if got := other.text(); got != "ERR Protocol error: invalid bulk length" {
			t.Errorf("a long argument is answered by %q", got)
		}
		got := c.call("CONFIG", "SET", "maxclients", "4000000000")
		if !strings.HasPrefix(got, "ERR CONFIG SET failed (possibly related to argument 'maxclients') - The operating system is not able") {
			t.Errorf("more clients than files: %q", got)
		}
		c.expect("maxclients 10", "CONFIG", "GET", "maxclients")
	})
}

// TestTimeoutTakesEffect sets a timeout while clients are connected: it counts from then on, and not for who listens.
func TestTimeoutTakesEffect(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		_, address := serveInProcess(t, nil, "--loop", loop)
		idle, listening, busy := dial(t, address), dial(t, address), dial(t, address)
		idle.expect("PONG", "PING")
		listening.expect("subscribe news 1", "SUBSCRIBE", "news")
		busy.expect("OK", "CONFIG", "SET", "timeout", "1")
		await(t, "the idle client is closed", func() bool { return busy.call("CLIENT", "LIST", "ID", "1") == "" })
		busy.expect("1", "PUBLISH", "news", "hello")
		if got := listening.text(); got != "message news hello" {
			t.Errorf("the subscriber got %q", got)
		}
		idle.expectEnd()
	})
}

// TestSlowSubscribers closes those that are behind: at once beyond the hard limit, after a while beyond the soft one.
func TestSlowSubscribers(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		s, address := serveInProcess(t, nil, "--loop", loop)
		c := dial(t, address)
		message := strings.Repeat("m", 10<<20)
		for _, limits := range []string{"pubsub 30mb 0 0", "pubsub 0 15mb 1"} {
			c.expect("OK", "CONFIG", "SET", "client-output-buffer-limit", limits)
			slow := dial(t, address)
			slow.expect("subscribe news 1", "SUBSCRIBE", "news")
			for queuedFor(s) < 20<<20 {
				c.expect("1", "PUBLISH", "news", message)
			}
			if limits == "pubsub 30mb 0 0" {
				c.expect("1", "PUBLISH", "news", message)
			}
			await(t, "the subscriber is closed", func() bool { return connected(s) == 1 })
			slow.close()
		}
		if info := c.call("INFO", "stats"); !strings.Contains(info, "client_output_buffer_limit_disconnections:2\r\n") {
			t.Errorf("INFO: %s", info)
		}
	})
}

// queuedFor returns how much is queued for the two clients.
func queuedFor(s *server) int {
	answer := make(chan int)
	s.loop.mail.post(func() {
		sum := 0
		for client := range core.ClientID(2) {
			sum += s.loop.clients.queued(client)
		}
		answer <- sum
	})
	return <-answer
}

func TestUnixSocket(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		path := filepath.Join(t.TempDir(), "ember.sock")
		for range 2 { // the second one finds the file of a killed process
			p := start(t, t.TempDir(), "--loop", loop, "--unixsocket", path, "--unixsocketperm", "700")
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("%v, %v", info, err)
			}
			c := dialNetwork(t, "unix", path)
			c.expect("PONG", "PING")
			if got := c.call("CLIENT", "LIST"); !strings.Contains(got, fmt.Sprintf(" addr=%s:0 laddr=%[1]s:0 ", path)) || !strings.Contains(got, " flags=U ") {
				t.Errorf("CLIENT LIST: %s", got)
			}
			value := strings.Repeat("v", 5<<20)
			c.expect("OK", "CLUSTER", "ADDSLOTSRANGE", "0", "16383")
			c.expect("OK", "SET", "key", value)
			c.expect(value, "GET", "key")
			p.kill()
		}
		p := start(t, t.TempDir(), "--loop", loop, "--unixsocket", path)
		p.stop(syscall.SIGTERM)
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("the socket's file is left over (%v)", err)
		}
	})
}

func TestClientsFitTheFiles(t *testing.T) {
	c := parse(t)
	c.warnings = nil
	c.fitClients(10_000)
	if len(c.warnings) != 0 || c.driver.maxClients != 10_000 {
		t.Errorf("%v, %d clients", c.warnings, c.driver.maxClients)
	}
	c.fitClients(500)
	if len(c.warnings) != 1 || c.driver.maxClients != 500 || c.changeable.MaxClients != 500 {
		t.Errorf("%v, %d clients", c.warnings, c.driver.maxClients)
	}
}

func TestBacklog(t *testing.T) {
	now := time.Second
	o := driverOptions{
		clock: func() time.Duration { return now },
		class: func(client core.ClientID) command.OutputClass { return command.OutputClass(client) },
	}
	o.outputLimits[command.PubSubOutput] = command.OutputLimit{Hard: 100, Soft: 50, SoftSeconds: 10}
	const listener, normal = core.ClientID(command.PubSubOutput), core.ClientID(command.NormalOutput)
	var b backlog
	judge := func(client core.ClientID, queued int, want bool) {
		t.Helper()
		if overrun, again := b.judge(&o, client, queued); overrun != want || overrun != b.overrun && !overrun ||
			!overrun && b.beyondSoft != (again != core.Never) {
			t.Errorf("%d bytes at %v: %v, again at %v", queued, now, overrun, again)
		}
	}
	judge(normal, 1000, false)
	judge(listener, 99, false)
	now += 9 * time.Second
	judge(listener, 50, false)
	judge(listener, 49, false) // the time begins anew
	now += 9 * time.Second
	judge(listener, 99, false)
	now += 10 * time.Second
	judge(listener, 99, false)
	now++
	judge(listener, 50, true)
	b = backlog{}
	judge(listener, 100, true)
}
