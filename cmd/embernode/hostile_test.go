package main

import (
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/wire"
)

// garbage draws bytes that look like nothing in particular.
func garbage(source *random.Stream, size int) []byte {
	bytes := make([]byte, size)
	source.Fill(bytes)
	return bytes
}

func TestHostileClients(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		p := serving(t, "--loop", loop)
		for text, want := range map[string]string{
			"*1\r\nPING\r\n":                 "ERR Protocol error: expected '$', got 'P'",
			"*99999999999\r\n":               "ERR Protocol error: invalid multibulk length",
			"*1\r\n$-5\r\n":                  "ERR Protocol error: invalid bulk length",
			"*1\r\n$99999999999\r\n":         "ERR Protocol error: invalid bulk length",
			strings.Repeat("x", 1<<20):       "ERR Protocol error: too big inline request",
			"set \"unbalanced\r\n":           "ERR Protocol error: unbalanced quotes in request",
			"*" + strings.Repeat("1", 1<<17): "ERR Protocol error: too big mbulk count string",
		} {
			c := dial(t, p.address())
			// It may be cut off before all of it is taken, and must learn the reason all the same.
			_, _ = io.WriteString(c.socket, text)
			if got := c.text(); got != want {
				t.Errorf("%.20q is answered by %q, want %q", text, got, want)
			}
			c.expectEnd()
		}
		source := random.New(1)
		for range 200 {
			socket, err := net.Dial("tcp", p.address())
			if err != nil {
				t.Fatal(err)
			}
			_, _ = socket.Write(garbage(source, source.IntN(1000))) // whether it is taken is the server's business
			socket.Close()
		}
		dial(t, p.address()).expect("PONG", "PING")
	})
}

// TestHostilePeers sends garbage, and what begins as a message does, to the bus.
func TestHostilePeers(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		p := serving(t, "--loop", loop)
		bus := fmt.Sprintf("127.0.0.1:%d", p.busPort)
		datagrams, err := net.Dial("udp", bus)
		if err != nil {
			t.Fatal(err)
		}
		defer datagrams.Close()
		source := random.New(2)
		stranger := wire.Envelope{Kind: wire.KindGossip, Sender: wire.NodeID{1}, Boot: 1, Payload: []byte("hello")}
		for range 200 {
			for _, message := range [][]byte{nil, garbage(source, source.IntN(1400)), stranger.Append(nil), stranger.Append(nil)[:20]} {
				_, _ = datagrams.Write(message)
			}
			stream, err := net.Dial("tcp", bus)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = stream.Write(garbage(source, source.IntN(5000)))
			stream.Close()
		}
		stream, err := net.Dial("tcp", bus)
		if err != nil {
			t.Fatal(err)
		}
		defer stream.Close()
		_, _ = stream.Write(stranger.Append(nil))
		if n, err := stream.Read(make([]byte, 1)); err == nil {
			t.Errorf("a stranger is answered with %d bytes", n)
		}
		c := dial(t, p.address())
		await(t, "the dropped messages are counted", func() bool { return !strings.Contains(c.call("INFO", "stats"), "cluster_bus_dropped:0\r") })
		c.expect("OK", "SET", "key", "value")
	})
}

// TestHalfSentCommands keeps many connections in the middle of a command while another one works, and then completes them.
func TestHalfSentCommands(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		p := serving(t, "--loop", loop)
		const clients = 300
		var all []*client
		command := encode("SET", "key", strings.Repeat("v", 100))
		for i := range clients {
			c := dial(t, p.address())
			c.send(command[:1+i%(len(command)-1)])
			all = append(all, c)
		}
		busy := dial(t, p.address())
		for range 100 {
			busy.expect("PONG", "PING")
		}
		for i, c := range all {
			c.send(command[1+i%(len(command)-1):])
		}
		for _, c := range all {
			if got := c.text(); got != "OK" {
				t.Fatalf("a completed command is answered by %q", got)
			}
		}
	})
}

// TestHalfClose sends commands and the end of the input at once, as a script with netcat does.
func TestHalfClose(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		p := serving(t, "--loop", loop)
		for i := range 50 {
			c := dial(t, p.address())
			c.send("PING\r\n")
			if i%2 == 0 {
				c.send("PING\r\n")
			}
			if err := c.socket.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			if got := c.text(); got != "PONG" {
				t.Fatalf("got %q", got)
			}
			c.expectEnd()
		}
	})
}

// TestClientThatDoesNotRead asks for far more than it reads: the server stops taking its commands instead of gathering
// replies, serves the others meanwhile, and owes nothing in the end.
func TestClientThatDoesNotRead(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		p := serving(t, "--loop", loop)
		c := dial(t, p.address())
		value := strings.Repeat("v", 256<<10)
		c.expect("OK", "SET", "key", value)
		batch := []byte(strings.Repeat(encode("GET", "key"), 1000))
		sent := 0
		for {
			if err := c.socket.SetWriteDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
				t.Fatal(err)
			}
			n, err := c.socket.Write(batch[sent%len(batch):])
			sent += n
			if err != nil {
				break // nobody takes it any more
			}
			if sent > 64<<20 {
				t.Fatalf("the server has taken %d MiB of commands without sending the replies", sent>>20)
			}
		}
		other := dial(t, p.address())
		other.expect("PONG", "PING")
		for _, line := range strings.Split(other.call("INFO", "memory"), "\r\n") {
			if text, ok := strings.CutPrefix(line, "used_memory_rss:"); ok {
				if used, err := strconv.Atoi(text); err != nil || used > 100<<20 {
					t.Errorf("the server uses %s bytes for a client that does not read", text)
				}
			}
		}
		for range 200 {
			if got := c.text(); got != value {
				t.Fatalf("a reply has %d bytes", len(got))
			}
		}
	})
}
