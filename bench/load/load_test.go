package load

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ember-cluster/ember/core/resp"
)

func TestParseCSV(t *testing.T) {
	const table = "WARNING: Could not fetch server CONFIG\n" +
		`"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"` +
		"\n" + `"SET","222222.23","3.098","0.216","2.311","6.247","6.295","6.303"` + "\n"
	got, err := parseCSV(table)
	want := Sample{Rate: 222222.23, P50: 2311 * time.Microsecond, P99: 6295 * time.Microsecond}
	if err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	for name, bad := range map[string]string{
		"nothing":     "",
		"no row":      strings.SplitAfter(table, "max_latency_ms\"\n")[0],
		"a test more": table + `"GET","1","1","1","1","1","1","1"` + "\n",
		"no column":   strings.Replace(table, "p99_latency_ms", "p98_latency_ms", 1),
		"no number":   strings.Replace(table, "222222.23", "many", 1),
	} {
		if got, err := parseCSV(bad); err == nil {
			t.Errorf("%s: accepted as %+v", name, got)
		}
	}
}

func TestBenchmarkArguments(t *testing.T) {
	b := Benchmark{Command: []string{"get"}, Connections: 5, Pipeline: 16, ValueSize: 6, Keys: 7, Requests: 100, Threads: 2}
	const want = "-h 127.0.0.1 -p 9 -n 400 -r 7 -d 6 -c 5 -P 16 --csv --threads 2 -t get"
	if got := strings.Join(b.arguments(9), " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	b.Command = []string{"EXPIRE", "key", "1"}
	if got := b.arguments(9); !slices.Equal(got[len(got)-4:], []string{"2", "EXPIRE", "key", "1"}) {
		t.Errorf("a command with arguments gives %q", got)
	}
	for pipeline, want := range map[int]int{1: 100, 4: 100, 16: 400, 64: 800} {
		if got := (Benchmark{Requests: 100, Pipeline: pipeline}).count(); got != want {
			t.Errorf("pipeline %d: %d requests, want %d", pipeline, got, want)
		}
	}
}

func TestPercentile(t *testing.T) {
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(i+1))
	}
	for _, test := range []struct {
		sorted     []time.Duration
		hundredths int
		want       time.Duration
	}{
		{hundred, 50, 50}, {hundred, 99, 99}, {hundred, 100, 100}, {hundred[:1], 99, 1}, {hundred[:3], 50, 2}, {nil, 99, 0},
	} {
		if got := percentile(test.sorted, test.hundredths); got != test.want {
			t.Errorf("%d%% of %d values: %v, want %v", test.hundredths, len(test.sorted), got, test.want)
		}
	}
}

func TestCommand(t *testing.T) {
	c := NewCommand("MSET", "{"+RandomNumber+"}:0", "v", "{"+RandomNumber+"}:1", "w")
	var parser resp.Parser
	for _, number := range []uint64{0, 120_034, 999_999_999_999} {
		args, _, err := parser.Next(c.appendTo(nil, number))
		digits := "000000000000" + resp12(number)
		digits = digits[len(digits)-12:]
		if err != nil || len(args) != 5 || string(args[1]) != "{"+digits+"}:0" || string(args[3]) != "{"+digits+"}:1" {
			t.Errorf("%d: %q, %v", number, args, err)
		}
	}
}

func resp12(number uint64) string {
	w := resp.Writer{}
	w.Int(int64(number))
	return strings.TrimSpace(string(w.Buf[1:]))
}

// TestReplySize compares with the parser of RESP values, for whole replies and for those that are cut off anywhere.
func TestReplySize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := resp.Writer{Protocol: 2}
		var draw func(depth int)
		draw = func(depth int) {
			switch kind := rapid.IntRange(0, 4).Draw(t, "kind"); {
			case kind == 0:
				w.Simple("OK")
			case kind == 1:
				w.Int(rapid.Int64().Draw(t, "number"))
			case kind == 2:
				w.Null()
			case kind == 3 && depth < 3:
				n := rapid.IntRange(0, 3).Draw(t, "items")
				w.Array(n)
				for range n {
					draw(depth + 1)
				}
			default:
				w.Bulk([]byte(rapid.String().Draw(t, "bulk")))
			}
		}
		draw(0)
		whole := len(w.Buf)
		draw(0) // what follows must not matter
		cut := rapid.IntRange(0, len(w.Buf)).Draw(t, "cut")
		_, want, err := resp.ReadValue(w.Buf[:cut], resp.ReplyLimits{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := replySize(w.Buf[:cut]); got != want || err != nil {
			t.Fatalf("%q: size %d, %v; want %d of %d", w.Buf[:cut], got, err, want, whole)
		}
	})
	for _, bad := range []string{"-ERR no\r\n", "\r\n", "$x\r\n", "%1\r\n+a\r\n+b\r\n"} {
		if size, err := replySize([]byte(bad)); err == nil {
			t.Errorf("%q has the size %d", bad, size)
		}
	}
}

// TestClosedLoop follows two connections with two requests at a time.
func TestClosedLoop(t *testing.T) {
	l := newClosedLoop(2, 2, time.Second)
	take := func(now time.Duration) (connections []int) {
		for {
			connection, at, ok := l.due(now)
			if !ok {
				return connections
			}
			if at != now {
				t.Errorf("a request at %v is due at %v", now, at)
			}
			connections = append(connections, connection)
		}
	}
	if got := take(0); !slices.Equal(got, []int{0, 0, 1, 1}) {
		t.Errorf("first %v", got)
	}
	if got := take(10); got != nil {
		t.Errorf("without replies %v", got)
	}
	l.answered(1)
	if got := take(20); !slices.Equal(got, []int{1, 1}) {
		t.Errorf("then %v", got)
	}
	l.answered(0)
	if got := take(time.Second); got != nil {
		t.Errorf("at the end %v", got)
	}
}

// TestOpenLoop shows that as many requests are due as were asked for, in turns, and that no reply is needed.
func TestOpenLoop(t *testing.T) {
	const rate, connections = 10_000, 7
	l := newOpenLoop(rand.New(rand.NewPCG(1, 1)), connections, rate, time.Second)
	count, last := 0, time.Duration(0)
	for now := time.Duration(0); now < 2*time.Second; now += time.Millisecond {
		for {
			connection, at, ok := l.due(now)
			if !ok {
				break
			}
			if connection != count%connections || at < last || at > now || at > time.Second {
				t.Fatalf("request %d is due at %v on connection %d, and now is %v", count, at, connection, now)
			}
			count, last = count+1, at
		}
	}
	if count < rate*95/100 || count > rate*105/100 {
		t.Errorf("%d requests, not about %d", count, rate)
	}
	if _, more := l.next(); more {
		t.Error("there is a request after the end")
	}
}
