package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// hasTool reports whether this host has one of Redis's programs. The lack of it is a failure where that is required.
func hasTool(t *testing.T, name string) bool {
	t.Helper()
	_, err := exec.LookPath(name)
	if err != nil && os.Getenv(requireRedis) != "" {
		t.Errorf("%s is set, but: %v", requireRedis, err)
	}
	if err != nil {
		t.Logf("not run: %v", err)
	}
	return err == nil
}

// clusterTool runs redis-cli --cluster and returns what it says, and whether it has succeeded.
func clusterTool(t *testing.T, args ...string) (string, bool) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "redis-cli", append([]string{"--cluster"}, args...)...)
	command.Stdin = strings.NewReader("yes\nyes\n") // to what it asks in spite of --cluster-yes
	out, err := command.CombinedOutput()
	return string(out), err == nil
}

func mustClusterTool(t *testing.T, want string, args ...string) {
	t.Helper()
	if out, ok := clusterTool(t, args...); !ok || !strings.Contains(out, want) {
		t.Fatalf("redis-cli --cluster %s: want %q:\n%s", strings.Join(args, " "), want, out)
	}
}

// awaitCheck waits until redis-cli finds a cluster of so many nodes in order, by way of one of them.
func awaitCheck(t *testing.T, by *process, nodes int) {
	t.Helper()
	await(t, "redis-cli --cluster check finds the cluster in order", func() bool {
		out, ok := clusterTool(t, "check", by.address())
		return ok && strings.Contains(out, "[OK] All nodes agree about slots configuration.") &&
			strings.Contains(out, "[OK] All 16384 slots covered.") && strings.Count(out, "\nM: ")+strings.Count(out, "mM: ") == nodes
	})
}

// again kills a node and starts it again in its place.
func again(t *testing.T, p *process) *process {
	t.Helper()
	p.kill()
	return start(t, p.dir, "--port", fmt.Sprint(p.port), "--cluster-port", fmt.Sprint(p.busPort), "--cluster-node-timeout", "600")
}

// TestRedisCLIRunsACluster is the life of a cluster as redis-cli leads it, from empty nodes on, while nodes are killed and started again.
func TestRedisCLIRunsACluster(t *testing.T) {
	if !hasTool(t, "redis-cli") {
		return
	}
	ports := freePorts(t, 4)
	nodes := make([]*process, 4)
	for i := range nodes {
		nodes[i] = start(t, t.TempDir(), "--port", fmt.Sprint(ports[i]), "--cluster-node-timeout", "600")
	}
	mustClusterTool(t, "[OK] All 16384 slots covered.", "create", nodes[0].address(), nodes[1].address(), nodes[2].address(), "--cluster-yes")
	awaitCheck(t, nodes[0], 3)
	mustClusterTool(t, "3 masters", "info", nodes[1].address())
	mustClusterTool(t, "PONG", "call", nodes[1].address(), "PING")
	mustClusterTool(t, "New node timeout set", "set-timeout", nodes[1].address(), "600")

	for i := range 3 { // whoever leads is among them
		nodes[i] = again(t, nodes[i])
		awaitCheck(t, nodes[(i+1)%3], 3)
	}
	mustClusterTool(t, "[OK] New node added correctly.", "add-node", nodes[3].address(), nodes[1].address())
	nodes[3] = again(t, nodes[3])
	awaitCheck(t, nodes[3], 4)

	c := dial(t, nodes[3].address())
	id := c.call("CLUSTER", "MYID")
	mustClusterTool(t, "Sending CLUSTER RESET SOFT to the deleted node.", "del-node", nodes[0].address(), id)
	await(t, "the deleted node is alone", func() bool {
		return strings.Contains(c.call("CLUSTER", "INFO"), "cluster_known_nodes:1\r\n")
	})
	c.close()
	awaitCheck(t, nodes[0], 3)

	// A slot that nobody owns any more is given to somebody, in a transaction.
	c = dial(t, nodes[0].address())
	slot := "5"
	await(t, "the slot is free", func() bool { return c.call("CLUSTER", "DELSLOTS", slot) == "OK" })
	c.close()
	await(t, "all know that", func() bool {
		out, _ := clusterTool(t, "check", nodes[2].address())
		return strings.Contains(out, "[OK] All nodes agree about slots configuration.") && strings.Contains(out, "Not all 16384 slots are covered")
	})
	mustClusterTool(t, "", "fix", nodes[0].address(), "--cluster-yes")
	awaitCheck(t, nodes[1], 3)

	mustClusterTool(t, "", "reshard", nodes[0].address(), "--cluster-from", "all", "--cluster-to", nodeOf(t, nodes[0]), "--cluster-slots", "20", "--cluster-yes")
	awaitCheck(t, nodes[2], 3)
}

func nodeOf(t *testing.T, p *process) string {
	c := dial(t, p.address())
	defer c.close()
	return c.call("CLUSTER", "MYID")
}
