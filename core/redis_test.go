package core

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/core/resp"
)

// requireRedis makes the lack of redis-server a failure.
const requireRedis = "EMBER_REQUIRE_REDIS"

// startRedis starts a Redis server that is alone in its cluster, and returns its address. It is stopped by the end of the test.
func startRedis(t *testing.T) (address string, ok bool) {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv(requireRedis) != "" {
			t.Fatalf("%s is set, but: %v", requireRedis, err)
		}
		t.Logf("not run: %v", err)
		return "", false
	}
	port := freePort(t)
	process := exec.Command(path, "--port", port, "--bind", "127.0.0.1", "--dir", t.TempDir(), "--cluster-enabled", "yes", "--save", "",
		"--cluster-port", freePort(t), "--enable-debug-command", "yes", "--proto-max-bulk-len", "1mb")
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		process.Process.Kill()
		process.Wait()
	})
	return "127.0.0.1:" + port, true
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return port
}

// rivals are a node and a Redis server that are told the same.
type rivals struct {
	t       testing.TB
	address string
	node    *nodeClients
	// nodeID and redisID stand for the word MYID of a command.
	nodeID, redisID string
	redis           map[int]net.Conn
	unread          map[int]string
	started         time.Time
}

// newRivals returns nil if there is no redis-server.
func newRivals(t *testing.T) *rivals {
	address, ok := startRedis(t)
	if !ok {
		return nil
	}
	r := &rivals{t: t, address: address}
	r.reset(t)
	r.redisDo(0, "CLUSTER", "ADDSLOTSRANGE", "0", "16383")
	r.awaitRedis()
	return r
}

// awaitRedis waits until the Redis server serves all slots.
func (r *rivals) awaitRedis() {
	for !strings.Contains(r.redisDo(0, "CLUSTER", "INFO"), "cluster_state:ok") {
		time.Sleep(20 * time.Millisecond) //nolint:forbidigo // what is awaited is a real server
	}
}

// reset begins anew: new connections, no data, settings as they were.
func (r *rivals) reset(t testing.TB) {
	r.t = t
	for _, connection := range r.redis {
		connection.Close()
	}
	r.redis, r.unread = map[int]net.Conn{}, map[int]string{}
	options := testOptions()
	settings := options.settings()
	settings.MaxBulk = 1 << 20
	options.Settings = &settings
	options.Parameters = []command.Parameter{{Name: "cluster-enabled", Value: "yes"}, {Name: "port", Value: "7000"}}
	options.Elapsed = func() time.Duration { return time.Since(r.started) }
	r.node = &nodeClients{harness: openHarness(t, options)}
	r.started = time.Now()
	r.nodeID = r.node.node.ID().String()
	r.redisID = hexID.FindString(r.redisDo(0, "CLUSTER", "MYID"))
	r.redisDo(0, "FLUSHALL")
	r.redisDo(0, "CONFIG", "RESETSTAT")
	r.redisDo(0, "SLOWLOG", "RESET")
}

func (r *rivals) redisDo(client int, words ...string) string {
	r.sendRedis(client, request(words...))
	return r.readRedis(client, 1)
}

func (r *rivals) sendRedis(client int, bytes string) {
	if r.redis[client] == nil {
		for {
			connection, err := net.Dial("tcp", r.address)
			if err == nil {
				r.redis[client] = connection
				break
			}
			time.Sleep(10 * time.Millisecond) //nolint:forbidigo // the server has just been started
		}
	}
	r.redis[client].Write([]byte(bytes))
}

// readRedis reads as many replies, or what there is after a while.
func (r *rivals) readRedis(client, count int) string {
	got := ""
	r.redis[client].SetReadDeadline(time.Now().Add(time.Second))
	chunk := make([]byte, 64<<10)
	for count > 0 {
		if size := replySize(r.unread[client]); size > 0 {
			got += r.unread[client][:size]
			r.unread[client] = r.unread[client][size:]
			count--
			continue
		}
		n, err := r.redis[client].Read(chunk)
		r.unread[client] += string(chunk[:n])
		if err != nil && n == 0 {
			if timeout, ok := err.(net.Error); !ok || !timeout.Timeout() {
				r.redis[client].Close()
				delete(r.redis, client)
				return got + "(closed)"
			}
			return got + r.unread[client]
		}
	}
	return got
}

// replySize returns the size of the first reply, 0 if it is not complete.
func replySize(text string) int {
	_, size, err := resp.ReadValue([]byte(text), resp.ReplyLimits{})
	if err != nil {
		return len(text)
	}
	return size
}

// both sends a command to both and returns what each has answered.
func (r *rivals) both(client int, words ...string) (node, redis string) {
	now := time.Now()
	r.node.clock.Wall = now.UnixMilli()
	r.node.clock.Now = max(r.node.clock.Now, now.Sub(r.started)+time.Second)
	r.node.send(client, request(replaceWord(words, "MYID", r.nodeID)...))
	r.node.persist()
	node = r.node.received(client)
	count := 0
	for rest, closed := strings.CutSuffix(node, "(closed)"); rest != "" || closed; count++ {
		if rest == "" {
			count++ // the end, too, is to be read
			break
		}
		rest = rest[replySize(rest):]
	}
	r.sendRedis(client, request(replaceWord(words, "MYID", r.redisID)...))
	return node, r.readRedis(client, count)
}

func replaceWord(words []string, old, replacement string) []string {
	replaced := slices.Clone(words)
	for i, word := range words {
		if word == old {
			replaced[i] = replacement
		}
	}
	return replaced
}

// comparison reports whether two replies are the same in what has to be.
type comparison func(node, redis string) bool

var hexID = regexp.MustCompile("[0-9a-f]{40}")

var digits = regexp.MustCompile(`[0-9]+(\.[0-9]+)?`)

var comparisons = map[string]comparison{
	"": func(node, redis string) bool { return node == redis },
	"digits": func(node, redis string) bool {
		return digits.ReplaceAllString(node, "0") == digits.ReplaceAllString(redis, "0")
	},
	// Ids are everybody's own.
	"ids": func(node, redis string) bool {
		return hexID.ReplaceAllString(node, "id") == hexID.ReplaceAllString(redis, "id")
	},
	"sorted": func(node, redis string) bool { return slices.Equal(sortedLines(node), sortedLines(redis)) },
	// Of INFO, the node has all fields that Redis has, in the same order.
	"fields": func(node, redis string) bool {
		return isPart(fieldNames(redis), fieldNames(node))
	},
	// Help begins with the same line. What follows are everybody's own words.
	"help": func(node, redis string) bool {
		return strings.Split(node, "\r\n")[1] == strings.Split(redis, "\r\n")[1]
	},
	// Values are of the same kinds.
	"shape": func(node, redis string) bool {
		mine, _, err := resp.ReadValue([]byte(node), resp.ReplyLimits{})
		theirs, _, err2 := resp.ReadValue([]byte(redis), resp.ReplyLimits{})
		return err == nil && err2 == nil && shapeOf(&mine) == shapeOf(&theirs)
	},
	// Of CLIENT INFO and LIST, the node has all that Redis has, in the same order.
	"pairs": func(node, redis string) bool {
		split := func(reply string) string { return strings.NewReplacer("=", ":", " ", "\r\n").Replace(reply) }
		return isPart(fieldNames(split(redis)), fieldNames(split(node)))
	},
	"kind": func(node, redis string) bool { return node[0] == redis[0] },
}

// isPart reports whether all has the names, and in their order.
func isPart(names, all []string) bool {
	for _, name := range names {
		at := slices.Index(all, name)
		if at < 0 {
			return false
		}
		all = all[at+1:]
	}
	return len(names) > 0
}

func sortedLines(reply string) []string { return slices.Sorted(strings.SplitSeq(reply, "\r\n")) }

func fieldNames(reply string) (names []string) {
	for line := range strings.SplitSeq(reply, "\r\n") {
		if name, _, ok := strings.Cut(line, ":"); ok || strings.HasPrefix(line, "#") {
			names = append(names, name)
		}
	}
	return names
}

func shapeOf(v *resp.Value) string {
	text := v.Kind.String()
	for i := range v.Array {
		text += "(" + shapeOf(&v.Array[i]) + ")"
	}
	return text
}

// TestRepliesAreThoseOfALiveRedis sends every script of testdata/differential to a node and to a Redis server, in both versions
// of the protocol, and compares every reply. A line is a command of client 1, or "2: …" of client 2. Words in front of "| " say
// how replies are compared; "= …" behind a command is what Redis 7.2 answers, in RESP2 and
// then in RESP3 if that differs, where the server here, of version 7.0, does not.
func TestRepliesAreThoseOfALiveRedis(t *testing.T) {
	r := newRivals(t)
	if r == nil {
		return
	}
	paths, err := filepath.Glob("testdata/differential/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, path := range paths {
		for _, protocol := range []string{"2", "3"} {
			t.Run(strings.TrimSuffix(filepath.Base(path), ".txt")+"/"+protocol, func(t *testing.T) {
				r.reset(t)
				r.awaitRedis()
				r.script(t, path, protocol)
			})
		}
	}
}

func (r *rivals) script(t *testing.T, path, protocol string) {
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	greeted := map[int]bool{}
	lines := strings.Split(string(content), "\n")
	for i, line := range lines {
		if line == "" || line[0] == '#' || line[0] == '=' {
			continue
		}
		how, command, ok := strings.Cut(line, "| ")
		if !ok {
			how, command = "", line
		}
		client := 1
		if number, rest, ok := strings.Cut(command, ": "); ok && len(number) == 1 {
			client, _ = strconv.Atoi(number)
			command = rest
		}
		if !greeted[client] {
			greeted[client] = true
			r.both(client, "HELLO", protocol)
		}
		compare, ok := comparisons[strings.TrimSpace(how)]
		if !ok {
			t.Fatalf("%s:%d: no comparison %q", path, i+1, how)
		}
		node, redis := r.both(client, splitWords(t, command)...)
		if i+1 < len(lines) && strings.HasPrefix(lines[i+1], "= ") {
			expected := splitWords(t, lines[i+1][2:])
			redis = expected[min(len(expected)-1, int(protocol[0]-'2'))]
		}
		if node == "" || redis == "" || !compare(node, redis) {
			t.Errorf("%s:%d: %s\n node %.600q\nredis %.600q", filepath.Base(path), i+1, command, node, redis)
		}
	}
}

// A comparison that takes everything for the same would find nothing.
func TestComparisonsTellRepliesApart(t *testing.T) {
	for _, test := range []struct {
		how, node, redis string
		same             bool
	}{
		{"", ":1\r\n", ":1\r\n", true}, {"", ":1\r\n", ":2\r\n", false},
		{"digits", ":12\r\n", ":999\r\n", true}, {"digits", ":12\r\n", ":-1\r\n", false}, {"digits", "+1\r\n", ":1\r\n", false},
		{"ids", ":1\r\n", ":1\r\n", true}, {"ids", strings.Repeat("a", 40) + "\r\n", strings.Repeat("b", 40) + "\r\n", true},
		{"ids", strings.Repeat("a", 40), strings.Repeat("b", 39), false},
		{"sorted", "a\r\nb\r\n", "b\r\na\r\n", true}, {"sorted", "a\r\nb\r\n", "b\r\nb\r\n", false},
		{"fields", "a:1\r\nx:3\r\nb:2\r\n", "a:9\r\nb:9\r\n", true}, {"fields", "b:1\r\na:2\r\n", "a:9\r\nb:9\r\n", false},
		{"fields", "a:1\r\n", "a:9\r\nb:9\r\n", false},
		{"help", "*1\r\n+X\r\n+a\r\n", "*2\r\n+X\r\n+b\r\n", true}, {"help", "*1\r\n+X\r\n", "*1\r\n+Y\r\n", false},
		{"shape", "*1\r\n:1\r\n", "*1\r\n:2\r\n", true}, {"shape", "*1\r\n:1\r\n", "*1\r\n+2\r\n", false},
		{"shape", "*1\r\n:1\r\n", "*2\r\n:1\r\n:1\r\n", false},
		{"pairs", "a=1 x=3 b=2\n", "a=9 b=9\n", true}, {"pairs", "b=1 a=2\n", "a=9 b=9\n", false},
		{"kind", "*0\r\n", "*1\r\n:1\r\n", true}, {"kind", "*0\r\n", "%0\r\n", false},
	} {
		if comparisons[test.how](test.node, test.redis) != test.same {
			t.Errorf("%s: %q and %q are the same %t", test.how, test.node, test.redis, !test.same)
		}
	}
}
