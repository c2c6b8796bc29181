package main

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core/resp"
)

// fakeServer makes the test's own binary a server for the tests that start one.
const fakeServer = "BENCH_TEST_FAKE_SERVER"

func TestMain(m *testing.M) {
	if behaviour := os.Getenv(fakeServer); behaviour != "" {
		serve(behaviour, os.Args[1:])
		return
	}
	os.Exit(m.Run())
}

// serve takes the options of a server and answers what prepare asks, counting the keys that it is given.
func serve(behaviour string, arguments []string) {
	if behaviour == "broken" {
		fmt.Fprintln(os.Stderr, "no such option")
		os.Exit(1)
	}
	flags := flag.NewFlagSet("fake", flag.ExitOnError)
	port := flags.Int("port", 0, "")
	flags.String("bind", "", "")
	flags.String("dir", "", "")
	_ = flags.Parse(arguments)
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		panic(err)
	}
	connection, err := listener.Accept()
	if err != nil {
		panic(err)
	}
	answer(connection)
	select {} // until it is stopped
}

func answer(connection net.Conn) {
	var parser resp.Parser
	reply := resp.Writer{Protocol: 2}
	var buffer []byte
	chunk := make([]byte, 4096)
	for {
		n, err := connection.Read(chunk)
		if err != nil {
			return
		}
		buffer = append(buffer, chunk[:n]...)
		for {
			arguments, size, err := parser.Next(buffer)
			if err != nil || size == 0 {
				break
			}
			switch strings.Join(bytesToStrings(arguments[:2]), " ") {
			case "CLUSTER INFO":
				reply.BulkString("cluster_enabled:1\r\ncluster_state:ok\r\n")
			case "INFO server":
				reply.BulkString("# Server\r\nredis_version:7.0.0\r\nember_version:0.1.2\r\n")
			case "SET key:000000001234":
				if len(arguments[2]) != 5 {
					panic("the value is no filling of 5 bytes")
				}
				fallthrough
			default:
				reply.Simple("OK")
			}
			buffer = buffer[size:]
		}
		if _, err := connection.Write(reply.Buf); err != nil {
			return
		}
		reply.Buf = reply.Buf[:0]
	}
}

func bytesToStrings(list [][]byte) (texts []string) {
	for _, item := range list {
		texts = append(texts, string(item))
	}
	return texts
}

func fakeOptions(t *testing.T, behaviour string) options {
	t.Setenv(fakeServer, behaviour)
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return options{servers: []string{"ember", "ember"}, ember: binary, load: load{keys: 2345, valueSize: 5}}
}

// TestServers starts two servers, fills them and stops them by their processes.
func TestServers(t *testing.T) {
	o := fakeOptions(t, "works")
	var log bytes.Buffer
	servers, err := startAll(t.Context(), o, t.TempDir(), &log)
	defer stopAll(servers)
	if err != nil {
		t.Fatal(err)
	}
	if names := servers[0].name + ", " + servers[1].name; names != "ember, ember (2)" {
		t.Errorf("the servers are called %s", names)
	}
	for _, s := range servers {
		if s.version != "0.1.2" {
			t.Errorf("%s has version %q", s.name, s.version)
		}
		if s.fullBytes <= 0 {
			t.Errorf("%s holds %d bytes", s.name, s.fullBytes)
		}
		if used, err := s.process.processorTime(); err != nil || used < 0 {
			t.Errorf("%s has used %v, %v", s.name, used, err)
		}
	}
	stopAll(servers)
	for _, s := range servers {
		if _, err := s.process.processorTime(); err == nil {
			t.Errorf("%s runs on after it was stopped", s.name)
		}
	}
}

// TestBrokenServer shows that a server that ends at once is told with its last words, without waiting for it.
func TestBrokenServer(t *testing.T) {
	o := fakeOptions(t, "broken")
	servers, err := startAll(t.Context(), o, t.TempDir(), &bytes.Buffer{})
	defer stopAll(servers)
	if err == nil || !strings.Contains(err.Error(), "no such option") || !strings.Contains(err.Error(), "ended before") {
		t.Errorf("error %v", err)
	}
}

func TestParseCSV(t *testing.T) {
	const table = "WARNING: Could not fetch server CONFIG\n" +
		`"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"` +
		"\n" + `"SET","222222.23","3.098","0.216","2.311","6.247","6.295","6.303"` + "\n"
	got, err := parseCSV(table)
	want := sample{rate: 222222.23, p50: 2311 * time.Microsecond, p99: 6295 * time.Microsecond}
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

func TestParseStat(t *testing.T) {
	const stat = "546 (redis) S (x) S 32462 32462 3673 0 -1 4194560 1135 0 12 0 250 31 7 8 20 0 5 0 213038 64905216 3214\n"
	if got, err := parseStat(stat); err != nil || got != 2810*time.Millisecond {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"", "546 (redis) S 1 2", strings.Replace(stat, " 250 ", " x ", 1)} {
		if got, err := parseStat(bad); err == nil {
			t.Errorf("%q gives %v", bad, got)
		}
	}
}

func TestParseStatus(t *testing.T) {
	if got, err := parseStatus("Name:\tredis\nVmPeak:\t 9 kB\nVmRSS:\t   12916 kB\n"); err != nil || got != 12916<<10 {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"", "VmRSS:\t12 MB\n", "VmRSS:\tx kB\n"} {
		if got, err := parseStatus(bad); err == nil {
			t.Errorf("%q gives %v", bad, got)
		}
	}
}

func TestMedians(t *testing.T) {
	samples := []sample{{rate: 9, processor: 4, p99: 70}, {rate: 5, processor: 2, p99: 10}, {rate: 1, processor: 8, p99: 30}}
	got := summarize(samples)
	if want := (median{Rate: 5, LowestRate: 1, HighestRate: 9, Processor: 4, P99: 30}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := summarize(samples[:2]); got.Rate != 7 || got.Processor != 3 {
		t.Errorf("of two: %+v", got)
	}
}

// TestReport pins the form of the tables, which the documentation quotes.
func TestReport(t *testing.T) {
	r := result{
		System: "linux/amd64", Processors: 2, Connections: 50, ValueSize: 64, Keys: 1_000_000, Repeats: 3,
		Servers: []serverResult{
			{Name: "redis", Version: "7.0.15", EmptyBytes: 12 << 20, FullBytes: 195 << 20, FinalBytes: 196 << 20, BytesPerKey: 192},
			{Name: "ember", Version: "0.1.0", EmptyBytes: 9 << 20, FullBytes: 118 << 20, FinalBytes: 120 << 20, BytesPerKey: 114},
		},
		Cells: []cell{{Test: "get", Pipeline: 16, Medians: []median{
			{Rate: 531_000.4, LowestRate: 499_001, HighestRate: 540_022, RateRatio: 1, Processor: 1900, ProcessorRatio: 1,
				P50: 1_200_000, P99: 2_345_000, P99Ratio: 1},
			{Rate: 2_315_160, LowestRate: 2_000_007, HighestRate: 2_400_000, RateRatio: 4.36, Processor: 380, ProcessorRatio: 0.2,
				P50: 300_000, P99: 870_000, P99Ratio: 0.371},
		}}},
	}
	const want = `linux/amd64, 2 processors; 50 connections, 64-byte values, 1,000,000 random keys; medians of interleaved runs, 3 each; ratios are to redis.

| test | server | requests/s | lowest–highest | ratio | server CPU µs/request | ratio | p50 ms | p99 ms | ratio |
|---|---|--:|:-:|--:|--:|--:|--:|--:|--:|
| GET P=16 | redis | 531,000 | 499,001–540,022 | 1.00 | 1.90 | 1.00 | 1.20 | 2.35 | 1.00 |
| GET P=16 | ember | 2,315,160 | 2,000,007–2,400,000 | 4.36 | 0.38 | 0.20 | 0.30 | 0.87 | 0.37 |

| server | version | resident MiB, empty | filled | at the end | bytes/key |
|---|---|--:|--:|--:|--:|
| redis | 7.0.15 | 12 | 195 | 196 | 192 |
| ember | 0.1.0 | 9 | 118 | 120 | 114 |
`
	var out bytes.Buffer
	if err := r.writeMarkdown(&out); err != nil {
		t.Fatal(err)
	}
	got, wanted := bufio.NewScanner(&out), bufio.NewScanner(strings.NewReader(want))
	for wanted.Scan() {
		if !got.Scan() || got.Text() != wanted.Text() {
			t.Errorf("got  %s\nwant %s", got.Text(), wanted.Text())
		}
	}
	if got.Scan() {
		t.Errorf("one line more: %s", got.Text())
	}
}

// TestOptions shows that mistakes on the command line are told before anything is started.
func TestOptions(t *testing.T) {
	for _, arguments := range [][]string{
		{"--pipelines", "0"}, {"--pipelines", "1,x"}, {"--pipelines", ""}, {"--tests", ""}, {"--keys", "0"}, {"--repeats", "-1"},
		{"more"}, {"--nonsense"}, {"--servers", "memcached", "--keys", "1"},
	} {
		var out bytes.Buffer
		if err := run(context.Background(), arguments, &out, &out); err == nil {
			t.Errorf("%q is accepted", arguments)
		}
	}
}

func TestCount(t *testing.T) {
	for pipeline, want := range map[int]int{1: 100, 4: 100, 16: 400, 64: 800} {
		if got := (load{requests: 100}).count(pipeline); got != want {
			t.Errorf("pipeline %d: %d requests, want %d", pipeline, got, want)
		}
	}
}
