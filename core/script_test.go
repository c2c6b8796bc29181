package core

import (
	"flag"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
)

// redisAddress names a Redis server that answers in the node's place, as in package command:
//
//	redis-server --port 7777 --cluster-enabled yes --enable-debug-command yes --save ""
//	redis-cli -p 7777 cluster addslotsrange 0 16383
//	go test ./core -run TestScriptsAreRedis -rewrite -redis 127.0.0.1:7777
var redisAddress = flag.String("redis", "", "run the scripts of testdata/redis against the server at this `address`")

// scripted is what a script talks to, with any number of clients.
type scripted interface {
	// send gives a client's bytes to the server; received returns what it was sent since, and whether it was closed.
	send(client int, bytes string)
	received(client int) string
	closeClient(client int)
	wait(d time.Duration)
}

// TestScriptsAreRedis replays what Redis has answered to several clients, byte for byte.
func TestScriptsAreRedis(t *testing.T) {
	datadriven.Walk(t, "testdata/redis", func(t *testing.T, path string) {
		if *redisAddress != "" {
			runScript(t, path, newRedisClients(t))
			return
		}
		runScript(t, path, newNodeClients(t))
	})
}

// TestScripts replays what is Ember's own, or what Redis 7.0 does otherwise than 7.2.
func TestScripts(t *testing.T) {
	datadriven.Walk(t, "testdata/ember", func(t *testing.T, path string) { runScript(t, path, newNodeClients(t)) })
}

// scriptClients bounds the number of a script's clients.
const scriptClients = 6

// runScript executes a script. Each line of a "run" names a client and its command, and the output shows the line and then what
// each client was sent by it: "1 GET key", "1 resp 3", "1 close", "wait 20" (milliseconds). Words in double quotes are Go strings.
// "text" shows one reply as it is.
func runScript(t *testing.T, path string, to scripted) {
	ids := map[string]string{}
	datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
		var out strings.Builder
		for line := range strings.Lines(d.Input) {
			line = strings.TrimSpace(line)
			words := splitWords(t, line)
			if words[0] == "wait" {
				milliseconds, _ := strconv.Atoi(words[1])
				to.wait(time.Duration(milliseconds) * time.Millisecond)
			} else {
				client, err := strconv.Atoi(words[0])
				if err != nil || client < 1 || client > scriptClients {
					t.Fatalf("%s: no client", line)
				}
				switch words[1] {
				case "close":
					to.closeClient(client)
				case "resp": // HELLO, whose reply names the server
					to.send(client, request("HELLO", words[2]))
					to.received(client)
				default:
					to.send(client, request(insertIDs(words[1:], to, ids)...))
				}
			}
			if d.Cmd == "run" {
				fmt.Fprintln(&out, line)
			}
			for client := 1; client <= scriptClients; client++ {
				got := to.received(client)
				for name, id := range ids { // in the one push that names a client
					got = strings.ReplaceAll(got, "redir-broken\r\n:"+id+"\r\n", "redir-broken\r\n:"+name+"\r\n")
				}
				switch {
				case got == "":
				case d.Cmd == "text":
					out.WriteString(strings.ReplaceAll(got, "\r", ""))
				default:
					fmt.Fprintf(&out, "    %d %q\n", client, got)
				}
			}
		}
		return out.String()
	})
}

// insertIDs puts the number of client 2 in the place of "$2", and so on.
func insertIDs(words []string, to scripted, ids map[string]string) []string {
	words = slices.Clone(words)
	for i, word := range words {
		if client, err := strconv.Atoi(strings.TrimPrefix(word, "$")); err == nil && word[0] == '$' {
			to.send(client, request("CLIENT", "ID"))
			words[i] = strings.Trim(to.received(client), ":\r\n")
			ids[word] = words[i]
		}
	}
	return words
}

// splitWords splits a line at blanks.
func splitWords(t *testing.T, line string) (words []string) {
	for rest := line; rest != ""; rest = strings.TrimLeft(rest, " ") {
		word, after, _ := strings.Cut(rest, " ")
		if rest[0] == '"' {
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			word, _ = strconv.Unquote(quoted)
			after = rest[len(quoted):]
		}
		words = append(words, word)
		rest = after
	}
	return words
}

// nodeClients are clients of a node.
type nodeClients struct {
	*harness
	opened []ClientID
}

func newNodeClients(t *testing.T) *nodeClients {
	h := openHarness(t, testOptions())
	return &nodeClients{harness: h}
}

func (n *nodeClients) send(client int, bytes string) {
	id := ClientID(client)
	if !slices.Contains(n.opened, id) {
		n.opened = append(n.opened, id)
		n.open(id)
	}
	n.harness.send(id, bytes)
	n.settle()
}

// settle lets everything become durable and every client read.
func (n *nodeClients) settle() {
	n.persist()
	n.drainAll()
}

func (n *nodeClients) received(client int) string {
	got := n.take(ClientID(client))
	if n.closed[ClientID(client)] {
		delete(n.closed, ClientID(client))
		n.opened = slices.DeleteFunc(n.opened, func(id ClientID) bool { return id == ClientID(client) })
		got += "(closed)"
	}
	return got
}

func (n *nodeClients) closeClient(client int) {
	n.step(&ClientClosed{Client: ClientID(client)})
	n.opened = slices.DeleteFunc(n.opened, func(id ClientID) bool { return id == ClientID(client) })
}

func (n *nodeClients) wait(d time.Duration) {
	end := n.clock.Now + d
	for n.node.NextDeadline() <= end {
		step := max(n.node.NextDeadline()-n.clock.Now, time.Millisecond)
		n.pass(step)
	}
	n.pass(max(0, end-n.clock.Now))
	n.settle()
}

func (n *nodeClients) pass(d time.Duration) {
	n.clock.Now += d
	n.clock.Wall += d.Milliseconds()
	n.step(&DeadlineReached{})
}

// redisClients are clients of a Redis server.
type redisClients struct {
	t           *testing.T
	connections [scriptClients + 1]net.Conn
}

func newRedisClients(t *testing.T) *redisClients {
	r := &redisClients{t: t}
	r.send(0, request("FLUSHALL"))
	r.received(0)
	return r
}

func (r *redisClients) send(client int, bytes string) {
	if r.connections[client] == nil {
		connection, err := net.Dial("tcp", *redisAddress)
		if err != nil {
			r.t.Fatal(err)
		}
		r.connections[client] = connection
	}
	if _, err := r.connections[client].Write([]byte(bytes)); err != nil {
		r.t.Fatal(err)
	}
	r.wait(50 * time.Millisecond)
}

//nolint:forbidigo // what is awaited is what a real server does
func (r *redisClients) wait(d time.Duration) { time.Sleep(d) }

// received reads what has come by now.
func (r *redisClients) received(client int) string {
	connection := r.connections[client]
	if connection == nil {
		return ""
	}
	var got []byte
	chunk := make([]byte, 64<<10)
	for {
		connection.SetReadDeadline(time.Now().Add(2 * time.Millisecond))
		n, err := connection.Read(chunk)
		got = append(got, chunk[:n]...)
		if err == nil {
			continue
		}
		if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
			return string(got)
		}
		r.closeClient(client)
		return string(got) + "(closed)"
	}
}

func (r *redisClients) closeClient(client int) {
	if r.connections[client] != nil {
		r.connections[client].Close()
		r.connections[client] = nil
	}
}
