package cluster

import (
	"bytes"
	"strings"
	"testing"

	"github.com/ember-cluster/ember/core/resp"
	"github.com/ember-cluster/ember/sim"
)

func TestDescribe(t *testing.T) {
	set := resp.AppendCommand(nil, []byte("SET"), []byte("k"), []byte("v"))
	for _, c := range []struct {
		port uint16
		data string
		want string
	}{
		{ClientPort, string(set), `"SET k v"`},
		{ClientPort, string(set) + string(set), `"SET k v; SET k v"`},
		{ClientPort, string(set[:9]), ""},
		{ClientPort, "+OK\r\n:7\r\n", "→ OK; 7"},
		{ClientPort, "*1\r\n$1\r\nx\r\n", `"x"`},
		{ClientPort, "\x00\x01", ""},
		{BusPort, "GET / HTTP/1.1", "damaged: wire: bad magic at byte 0"},
		{BusPort, "EM", ""},
	} {
		if got := (program{}).Describe(sim.EventStreamData, c.port, []byte(c.data)); got != c.want {
			t.Errorf("%q on port %d: got %q, want %q", c.data, c.port, got, c.want)
		}
	}
}

func TestTheTraceTellsTheStory(t *testing.T) {
	config, plan := small(9)
	var trace bytes.Buffer
	config.Trace = &trace
	mustRun(t, config, plan)
	for _, words := range []string{`"SET s`, "→ OK", "ping", "ack", "HELLO 3 SETNAME client-1/1"} {
		if !strings.Contains(trace.String(), words) {
			t.Errorf("the trace never says %q", words)
		}
	}
}
