package command

import (
	"flag"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/ember-cluster/ember/core/resp"
)

// redisAddress names a Redis server whose replies are compared with the golden ones or, with -rewrite, recorded. The
// server must be alone in its cluster, own all slots and hold nothing of value:
//
//	redis-server --port 7777 --cluster-enabled yes --save ""
//	redis-cli -p 7777 cluster addslotsrange 0 16383
//	go test ./core/command -run TestRepliesAreThoseOfRedis -rewrite -redis 127.0.0.1:7777
var redisAddress = flag.String("redis", "", "compare the golden replies of Redis with those of the server at this `address`")

// target executes commands.
type target interface {
	// connect begins a new connection that speaks a version of RESP.
	connect(protocol int)
	do(args ...[]byte) []byte
	// wait lets time pass.
	wait(time.Duration)
}

func (n *testNode) wait(d time.Duration) { n.context.Wall += d.Milliseconds() }

// TestRepliesAreThoseOfRedis replays what a Redis server has answered, byte for byte.
func TestRepliesAreThoseOfRedis(t *testing.T) {
	datadriven.Walk(t, "testdata/redis", func(t *testing.T, path string) {
		if *redisAddress != "" {
			server := &redisServer{t: t}
			server.clear()
			runScript(t, path, server)
			return
		}
		node := newTestNode()
		runScript(t, path, node)
		node.check(t)
	})
}

// TestReplies replays replies that are Ember's own.
func TestReplies(t *testing.T) {
	datadriven.Walk(t, "testdata/ember", func(t *testing.T, path string) {
		node := newTestNode()
		runScript(t, path, node)
		node.check(t)
	})
}

// runScript executes the commands of a script: "exec", optionally with the version of RESP, runs each line on one new
// connection and shows each reply as a Go string; "wait ms=…" lets time pass; "text" shows one reply as it is.
func runScript(t *testing.T, path string, to target) {
	datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
		var out strings.Builder
		protocol := 2
		d.MaybeScanArgs(t, "resp", &protocol)
		switch d.Cmd {
		case "exec":
			to.connect(protocol)
			for line := range strings.Lines(d.Input) {
				fmt.Fprintln(&out, strconv.Quote(string(to.do(parseLine(t, line)...))))
			}
		case "text":
			to.connect(protocol)
			out.WriteString(strings.ReplaceAll(string(to.do(parseLine(t, d.Input)...)), "\r", ""))
		case "wait":
			var ms int
			d.ScanArgs(t, "ms", &ms)
			to.wait(time.Duration(ms) * time.Millisecond)
		default:
			t.Fatalf("unknown command %q", d.Cmd)
		}
		return out.String()
	})
}

// parseLine splits a line at blanks. A word in double quotes is a Go string.
func parseLine(t *testing.T, line string) (args [][]byte) {
	for rest := strings.TrimSpace(line); rest != ""; rest = strings.TrimLeft(rest, " ") {
		word, after, _ := strings.Cut(rest, " ")
		if rest[0] == '"' {
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			word, _ = strconv.Unquote(quoted)
			after = rest[len(quoted):]
		}
		args = append(args, []byte(word))
		rest = after
	}
	return args
}

// redisServer is the server at redisAddress.
type redisServer struct {
	t          *testing.T
	connection net.Conn
}

func (r *redisServer) connect(protocol int) {
	if r.connection != nil {
		r.connection.Close()
	}
	var err error
	if r.connection, err = net.Dial("tcp", *redisAddress); err != nil {
		r.t.Fatal(err)
	}
	if protocol != 2 {
		r.do([]byte("HELLO"), strconv.AppendInt(nil, int64(protocol), 10))
	}
}

// clear empties the server, once it serves all slots.
func (r *redisServer) clear() {
	r.connect(2)
	for !strings.Contains(string(r.do([]byte("CLUSTER"), []byte("INFO"))), "cluster_state:ok") {
		r.wait(100 * time.Millisecond)
	}
	r.do([]byte("FLUSHALL"))
}

//nolint:forbidigo // what is awaited is that time passes on a real server
func (r *redisServer) wait(d time.Duration) { time.Sleep(d) }

func (r *redisServer) do(args ...[]byte) []byte {
	if _, err := r.connection.Write(resp.AppendCommand(nil, args...)); err != nil {
		r.t.Fatal(err)
	}
	var reply []byte
	for {
		_, n, err := resp.ReadValue(reply, resp.ReplyLimits{})
		if err != nil {
			r.t.Fatalf("%q: %v", reply, err)
		}
		if n > 0 {
			return reply[:n]
		}
		chunk := make([]byte, 64<<10)
		n, err = r.connection.Read(chunk)
		if err != nil {
			r.t.Fatal(err)
		}
		reply = append(reply, chunk[:n]...)
	}
}
