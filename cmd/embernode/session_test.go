package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core"
	"github.com/redis/go-redis/v9"
)

func TestSession(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		c := dial(t, serving(t, "--loop", loop).address())
		c.send("ping\r\n")
		if got := c.text(); got != "PONG" {
			t.Errorf("an inline PING is answered by %q", got)
		}
		c.expect("OK", "SET", "key", "value")
		c.expect("value", "GET", "key")
		c.expect("(nil)", "GET", "other")
		c.expect("appendonly no maxmemory 0 save ", "CONFIG", "GET", "save", "appendonly", "maxmemory")
		if got := c.call("NOSUCH"); !strings.HasPrefix(got, "ERR unknown command 'NOSUCH'") {
			t.Errorf("an unknown command is answered by %q", got)
		}
		if got := c.call("HELLO", "3"); !strings.Contains(got, "proto 3") || !strings.Contains(got, "mode cluster") {
			t.Errorf("HELLO 3 is answered by %q", got)
		}
		for _, want := range []string{"ember_version:" + core.Version, "cluster_enabled:1", "used_memory:", "config_file:"} {
			if info := c.call("INFO"); !strings.Contains(info, want) {
				t.Errorf("INFO lacks %q", want)
			}
		}
		c.expect("OK", "QUIT")
		c.expectEnd()
	})
}

// TestPipelineKeepsOrder sends so much at once that it is read, executed and answered in many pieces.
func TestPipelineKeepsOrder(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		c := dial(t, serving(t, "--loop", loop).address())
		const commands = 30_000
		var all strings.Builder
		for i := range commands {
			all.WriteString(encode("SET", fmt.Sprint("key:", i), fmt.Sprint("value:", i)))
			all.WriteString(encode("GET", fmt.Sprint("key:", i)))
		}
		go func() {
			_, _ = io.WriteString(c.socket, all.String()) // what is missing shows in the replies
		}()
		for i := range commands {
			if set, get := c.text(), c.text(); set != "OK" || get != fmt.Sprint("value:", i) {
				t.Fatalf("SET and GET number %d are answered by %q and %q", i, set, get)
			}
		}
	})
}

// TestLargeValues moves values that take many reads and writes of a socket.
func TestLargeValues(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		c := dial(t, serving(t, "--loop", loop).address())
		for _, size := range []int{smallBuffer, largeBuffer + 1, 20 << 20} {
			value := strings.Repeat("x", size-1) + "y"
			c.expect("OK", "SET", "large", value)
			if got := c.call("GET", "large"); got != value {
				t.Errorf("a value of %d bytes comes back with %d, or changed", size, len(got))
			}
		}
	})
}

func TestClusterClient(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		p := serving(t, "--loop", loop)
		ctx := t.Context()
		c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{p.address()}})
		defer c.Close()
		if err := c.Set(ctx, "{t}a", "1", 0).Err(); err != nil {
			t.Fatal(err)
		}
		if n, err := c.Incr(ctx, "{t}a").Result(); n != 2 || err != nil {
			t.Errorf("INCR: %d, %v", n, err)
		}
		if _, err := c.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			for i := range 100 {
				pipe.Set(ctx, fmt.Sprint("key:", i), i, time.Hour)
			}
			return nil
		}); err != nil {
			t.Errorf("a pipeline: %v", err)
		}
		values, err := c.MGet(ctx, "{t}a", "{t}b").Result()
		if err != nil || !slices.Equal(values, []any{"2", nil}) {
			t.Errorf("MGET: %v, %v", values, err)
		}
		if got, err := c.Get(ctx, "key:99").Result(); got != "99" || err != nil {
			t.Errorf("GET: %q, %v", got, err)
		}
	})
}

func TestRestartKeepsIdentity(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		dir := t.TempDir()
		p := start(t, dir, "--loop", loop)
		c := dial(t, p.address())
		c.expect("OK", "CLUSTER", "ADDSLOTSRANGE", "100", "200")
		id, shard := c.call("CLUSTER", "MYID"), c.call("CLUSTER", "MYSHARDID")
		for boot := 2; boot < 5; boot++ {
			if boot%2 == 0 {
				p.kill() // what has been answered is durable, however it ends
			} else if code := p.stop(syscall.SIGTERM); code != 0 {
				t.Errorf("exit status %d", code)
			}
			p = start(t, dir, "--loop", loop)
			c = dial(t, p.address())
			c.expect(id, "CLUSTER", "MYID")
			c.expect(shard, "CLUSTER", "MYSHARDID")
			if nodes := c.call("CLUSTER", "NODES"); !strings.HasSuffix(strings.TrimSpace(nodes), "connected 100-200") ||
				!strings.Contains(nodes, fmt.Sprintf("127.0.0.1:%d@%d", p.port, p.busPort)) {
				t.Errorf("after start %d: %s", boot, nodes)
			}
			if !strings.Contains(p.log.String(), fmt.Sprintf("boot=%d", boot)) {
				t.Errorf("start %d is logged as\n%s", boot, p.log)
			}
		}
	})
}

// TestShutdownSendsWhatIsQueued stops a process that has executed a command whose reply the client has only begun to read.
func TestShutdownSendsWhatIsQueued(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
			p := serving(t, "--loop", loop)
			c := dial(t, p.address())
			value := strings.Repeat("v", 20<<20)
			c.expect("OK", "SET", "key", value)
			c.command("GET", "key")
			first := make([]byte, 1)
			if _, err := c.socket.Read(first); err != nil {
				t.Fatal(err)
			}
			c.buffer = first
			if err := p.command.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
			if got := c.text(); got != value {
				t.Fatalf("the reply has %d bytes after %v, want %d", len(got), s, len(value))
			}
			c.expectEnd()
			<-p.ended
			if code := p.command.ProcessState.ExitCode(); code != 0 {
				t.Errorf("exit status %d after %v", code, s)
			}
			for _, want := range []string{"msg=stopping", "msg=stopped"} {
				if !strings.Contains(p.log.String(), want) {
					t.Errorf("%q is not in the log:\n%s", want, p.log)
				}
			}
		}
	})
}

// TestHarmlessSignals sends signals that end a process which does not expect them.
func TestHarmlessSignals(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		p := serving(t, "--loop", loop)
		for _, s := range []syscall.Signal{syscall.SIGPIPE, syscall.SIGHUP, syscall.SIGURG} {
			if err := p.command.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
		}
		c := dial(t, p.address())
		c.expect("PONG", "PING")
	})
}

// SHUTDOWN ends the process as a signal does.
func TestShutdownCommand(t *testing.T) {
	p := serving(t)
	c := dial(t, p.address())
	c.command("SHUTDOWN", "NOSAVE")
	c.expectEnd()
	<-p.ended
	if code := p.command.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit status %d", code)
	}
}
