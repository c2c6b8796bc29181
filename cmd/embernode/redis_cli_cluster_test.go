package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// managed is a cluster that redis-cli --cluster manages.
type managed struct {
	t         *testing.T
	cli       string
	processes []*process
	nodes     []*client
}

// manage starts nodes and makes a cluster of them, unless there is no redis-cli: then it returns nil.
func manage(t *testing.T, size int) *managed {
	t.Helper()
	path, err := exec.LookPath("redis-cli")
	if err != nil {
		if os.Getenv(requireRedis) != "" {
			t.Fatalf("%s is set, but: %v", requireRedis, err)
		}
		t.Logf("not run: %v", err)
		return nil
	}
	m := &managed{t: t, cli: path}
	create := []string{"create"}
	for _, port := range freePorts(t, size) {
		p := start(t, t.TempDir(), writeConfig(t), "--port", fmt.Sprint(port))
		m.processes, m.nodes = append(m.processes, p), append(m.nodes, dial(t, p.address()))
		create = append(create, p.address())
	}
	m.run("[OK] All 16384 slots covered.", append(create, "--cluster-yes")...)
	m.agree()
	return m
}

// run runs redis-cli --cluster, which has to say something and must not fail, and returns all that it says.
func (m *managed) run(want string, args ...string) string {
	m.t.Helper()
	command := exec.CommandContext(m.t.Context(), m.cli, append([]string{"--cluster"}, args...)...)
	command.Stdin = strings.NewReader("yes\n")
	out, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(out), want) {
		m.t.Fatalf("redis-cli --cluster %v: %v, without %q\n%s", args, err, want, out)
	}
	return string(out)
}

// agree waits until all nodes say the same of the slots, which redis-cli takes for granted.
func (m *managed) agree() {
	m.t.Helper()
	await(m.t, "all nodes agree", func() bool {
		first := m.nodes[0].call("CLUSTER", "SLOTS")
		for _, c := range m.nodes[1:] {
			if c.call("CLUSTER", "SLOTS") != first {
				return false
			}
		}
		return true
	})
}

// slotsOf returns how many slots a node has, as redis-cli counts them.
func (m *managed) slotsOf(node int) int {
	m.t.Helper()
	for line := range strings.Lines(m.run("masters.", "info", m.processes[0].address())) {
		var count, keys int
		if _, rest, found := strings.Cut(line, m.processes[node].address()+" ("); found {
			_, rest, _ = strings.Cut(rest, ") -> ")
			if n, _ := fmt.Sscanf(rest, "%d keys | %d slots", &keys, &count); n == 2 {
				return count
			}
		}
	}
	m.t.Fatalf("redis-cli --cluster info does not tell the slots of node %d", node)
	return 0
}

func (m *managed) id(node int) string { return m.nodes[node].call("CLUSTER", "MYID") }

func TestRedisCLIReshards(t *testing.T) {
	m := manage(t, 3)
	if m == nil {
		return
	}
	seed := m.processes[0].address()
	m.nodes[0].expect("", "CLUSTER", "GETKEYSINSLOT", "0", "10")
	before := m.slotsOf(1)
	m.run("Moving slot", "reshard", seed, "--cluster-from", m.id(0), "--cluster-to", m.id(1), "--cluster-slots", "150", "--cluster-yes")
	m.agree()
	if got := m.slotsOf(1); got != before+150 {
		t.Errorf("%d slots, want %d", got, before+150)
	}
	m.run("[OK] All 16384 slots covered.", "check", seed)
	m.run("Moving ", "rebalance", seed)
	m.agree()
	if got := m.slotsOf(1); got > before+1 {
		t.Errorf("%d slots after the rebalance, want %d or one more", got, before)
	}
	for i, p := range m.processes {
		if out := m.run("Calling", "call", seed, "cluster", "myid"); !strings.Contains(out, p.address()+": "+m.id(i)) {
			t.Errorf("call: %s", out)
		}
	}
	m.run("New node timeout set. 3 OK, 0 ERR.", "set-timeout", seed, "7000")
	for _, c := range m.nodes {
		c.expect("cluster-node-timeout 7000", "CONFIG", "GET", "cluster-node-timeout")
	}
}

func TestRedisCLIFixes(t *testing.T) {
	m := manage(t, 3)
	if m == nil {
		return
	}
	seed := m.processes[0].address()
	for name, open := range map[string]func(){
		"uncovered": func() { m.nodes[1].expect("OK", "CLUSTER", "DELSLOTS", "6000", "6001") },
		"migrating": func() { m.nodes[0].expect("OK", "CLUSTER", "SETSLOT", "7", "MIGRATING", m.id(1)) },
		"importing": func() { m.nodes[1].expect("OK", "CLUSTER", "SETSLOT", "8", "IMPORTING", m.id(0)) },
		"both": func() {
			m.nodes[1].expect("OK", "CLUSTER", "SETSLOT", "9", "IMPORTING", m.id(0))
			m.nodes[0].expect("OK", "CLUSTER", "SETSLOT", "9", "MIGRATING", m.id(1))
		},
		"unassigned": func() { m.nodes[2].expect("OK", "CLUSTER", "DELSLOTSRANGE", "16000", "16010") },
	} {
		open()
		m.agree()
		m.run("", "fix", seed)
		m.agree()
		out := m.run("[OK] All 16384 slots covered.", "check", seed)
		if strings.Contains(out, "WARNING") || strings.Contains(out, "[ERR]") {
			t.Errorf("%s: %s", name, out)
		}
	}
}
