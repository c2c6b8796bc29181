package server

import (
	"bytes"
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

// serve takes the options of a server and answers what is asked to start and fill it.
func serve(behaviour string, arguments []string) {
	if behaviour == "broken" {
		fmt.Fprintln(os.Stderr, "no such option")
		os.Exit(1)
	}
	flags := flag.NewFlagSet("fake", flag.ExitOnError)
	port := flags.Int("port", 0, "")
	flags.String("bind", "", "")
	flags.String("dir", "", "")
	flags.String("pprof", "", "")
	_ = flags.Parse(arguments)
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		panic(err)
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		go answer(connection)
	}
}

// answer refuses every command that does not fit to TestFilling's.
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
			switch text := string(bytes.Join(arguments, []byte(" "))); {
			case text == "CLUSTER INFO":
				reply.BulkString("cluster_enabled:1\r\ncluster_state:ok\r\n")
			case text == "INFO server":
				reply.BulkString("# Server\r\nredis_version:7.0.0\r\nember_version:0.1.2\r\n")
			case text == "CLUSTER ADDSLOTSRANGE 0 16383", strings.HasPrefix(text, "SET key:") && strings.HasSuffix(text, " xxxxx"):
				reply.Simple("OK")
			default:
				reply.Error("ERR unexpected: " + text)
			}
			buffer = buffer[size:]
		}
		if _, err := connection.Write(reply.Buf); err != nil {
			return
		}
		reply.Buf = reply.Buf[:0]
	}
}

func fakeFleet(t *testing.T, behaviour string) *Fleet {
	t.Setenv(fakeServer, behaviour)
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return NewFleet(t.TempDir(), binary, nil, &bytes.Buffer{})
}

// TestServers starts two servers, fills them and stops them by their processes.
func TestServers(t *testing.T) {
	fleet := fakeFleet(t, "works")
	defer fleet.Stop()
	servers, err := fleet.StartAll(t.Context(), []string{Ember, Ember}, Strings(2345, 5, 0))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range servers {
		if s.Version != "0.1.2" {
			t.Errorf("the server has version %q", s.Version)
		}
		if held, err := s.ResidentBytes(); err != nil || held <= 0 {
			t.Errorf("the server holds %d bytes, %v", held, err)
		}
		if used, err := s.ProcessorTime(); err != nil || used < 0 {
			t.Errorf("the server has used %v, %v", used, err)
		}
	}
	fleet.Stop()
	for _, s := range servers {
		if _, err := s.ProcessorTime(); err == nil {
			t.Error("a server runs on after it was stopped")
		}
	}
}

// TestRefusedFilling shows that a key that was not stored is told.
func TestRefusedFilling(t *testing.T) {
	fleet := fakeFleet(t, "works")
	defer fleet.Stop()
	_, err := fleet.StartAll(t.Context(), []string{Ember}, Counters(3))
	if err == nil || !strings.Contains(err.Error(), "ERR unexpected: SET counter:000000000000 0") {
		t.Errorf("error %v", err)
	}
}

// TestBrokenServer shows that a server that ends at once is told with its last words, without waiting for it.
func TestBrokenServer(t *testing.T) {
	fleet := fakeFleet(t, "broken")
	defer fleet.Stop()
	_, err := fleet.Start(t.Context(), Ember)
	if err == nil || !strings.Contains(err.Error(), "no such option") || !strings.Contains(err.Error(), "ended before") {
		t.Errorf("error %v", err)
	}
	if _, err := fleet.Start(t.Context(), "memcached"); err == nil {
		t.Error("an unknown server was started")
	}
}

// TestFillings shows the last command of each filling, and that there are as many as the keys need.
func TestFillings(t *testing.T) {
	for _, test := range []struct {
		filling  Filling
		commands int
		want     string
	}{
		{Strings(100, 3, 0), 100, "SET key:000000000099 xxx"},
		{Strings(100, 3, 5*time.Second), 100, "SET key:000000000099 xxx EX 5"},
		{Counters(100), 100, "SET counter:000000000099 0"},
		{Groups(100, 1), 10, "MSET {000000000009}:0 x {000000000009}:1 x {000000000009}:2 x {000000000009}:3 x {000000000009}:4 x " +
			"{000000000009}:5 x {000000000009}:6 x {000000000009}:7 x {000000000009}:8 x {000000000009}:9 x"},
	} {
		f := test.filling
		if got := strings.Join(f.add(nil, f.commands()-1), " "); f.commands() != test.commands || got != test.want {
			t.Errorf("%s: %d commands, the last is %q", f.Name, f.commands(), got)
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

func TestParseCollector(t *testing.T) {
	const metrics = `{"/gc/cycles/total:gc-cycles": 4, "/cpu/classes/gc/total:cpu-seconds": 0.25, "/other": [],
		"/sched/pauses/total/gc:seconds": [{"at_most": 0.00002, "count": 7}, {"at_most": 0.003, "count": 1}]}`
	c, err := parseCollector(strings.NewReader(metrics))
	if err != nil || c.Cycles != 4 || c.Processor != 250*time.Millisecond || len(c.Pauses) != 2 {
		t.Fatalf("got %+v, %v", c, err)
	}
	if got := c.LongestPause(Collector{}); got != 3*time.Millisecond {
		t.Errorf("the longest pause took %v", got)
	}
	earlier := Collector{Pauses: []Pause{{20 * time.Microsecond, 5}, {3 * time.Millisecond, 1}}}
	if got := c.LongestPause(earlier); got != 20*time.Microsecond {
		t.Errorf("the longest of the later pauses took %v", got)
	}
	if got := c.LongestPause(c); got != 0 {
		t.Errorf("without a pause the longest took %v", got)
	}
	for _, bad := range []string{"", "{}", strings.Replace(metrics, "seconds\": 0.25", "seconds\": \"x\"", 1)} {
		if got, err := parseCollector(strings.NewReader(bad)); err == nil {
			t.Errorf("%q gives %+v", bad, got)
		}
	}
}
