package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/ember-cluster/ember/core/topology"
)

const (
	// inNamespace says that a test runs in a network of its own.
	inNamespace = "EMBERNODE_IN_NAMESPACE"
	// requireNamespaces makes it a failure that the host does not let a test have one.
	requireNamespaces = "EMBER_REQUIRE_NAMESPACES"
)

// TestRealAddresses runs nodes at addresses that are none of a loopback interface's, of both families, in a network that it makes for
// itself: a network namespace of a user namespace, for which Linux asks no privileges. There it can take an address away too.
func TestRealAddresses(t *testing.T) {
	if os.Getenv(inNamespace) != "" {
		clusterInNamespace(t)
		return
	}
	inside := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestRealAddresses$", "-test.v")
	inside.Env = append(os.Environ(), inNamespace+"=1")
	inside.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	output, err := inside.CombinedOutput()
	if _, ran := err.(*exec.ExitError); err != nil && !ran {
		if os.Getenv(requireNamespaces) != "" {
			t.Errorf("%s is set, but: %v", requireNamespaces, err)
		}
		t.Logf("not run, as this host allows no network namespace: %v", err)
		return
	}
	t.Logf("%s", output)
	if err != nil {
		t.Error(err)
	}
}

// network runs ip(8). It reports false if the host lacks it or the kernel refuses.
func network(t *testing.T, args string) bool {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "ip", strings.Fields(args)...).CombinedOutput()
	if err != nil {
		t.Logf("ip %s: %v: %s", args, err, output)
	}
	return err == nil
}

func clusterInNamespace(t *testing.T) {
	ready := network(t, "link set lo up")
	const count = 3
	for i := range count {
		ready = ready && network(t, fmt.Sprintf("addr add 10.9.0.%d/24 dev lo", i+1)) &&
			network(t, fmt.Sprintf("addr add fd09::%d/64 dev lo nodad", i+1))
	}
	if !ready {
		if os.Getenv(requireNamespaces) != "" {
			t.Errorf("%s is set, but there is no network", requireNamespaces)
		}
		t.Log("not run")
		return
	}
	const port = 7000
	nodes := make([]topology.Node, count)
	for i := range nodes {
		nodes[i] = topology.Node{Host: fmt.Sprintf("fd09::%d", i+1), ClientPort: port, BusPort: port + busPortDistance}
	}
	var processes []*process
	for i, dir := range formatNodes(t, nodes) {
		processes = append(processes, start(t, dir, "--bind", nodes[i].Host, fmt.Sprintf("10.9.0.%d", i+1), "-fd09::99",
			"--port", fmt.Sprint(port), "--cluster-node-timeout", "600", "--cluster-secret", oldSecret))
	}
	for i, p := range processes {
		for _, host := range []string{nodes[i].Host, fmt.Sprintf("10.9.0.%d", i+1)} {
			c := dial(t, net.JoinHostPort(host, fmt.Sprint(port)))
			c.awaitEveryone()
			if i == 0 {
				c.expect(fmt.Sprintf("MOVED 12182 fd09::3:%d", port), "GET", "foo")
			}
		}
		if log := p.log.String(); strings.Contains(log, "NOTHING PROTECTS") || strings.Contains(log, "another address") {
			t.Errorf("node %d warns:\n%s", i, log)
		}
	}
	c := dial(t, fmt.Sprintf("10.9.0.1:%d", port)) // by IPv4, as the other family is interfered with
	network(t, "addr del fd09::3/64 dev lo")
	await(t, "the node without its address is declared dead", func() bool { return flags(c, 2) == "master,fail" })
	network(t, "addr add fd09::3/64 dev lo nodad")
	await(t, "it is back with its address", func() bool { return flags(c, 2) == "master" })
	if got := busCount(t, c, "refused_forged") + busCount(t, c, "refused_unknown_secret"); got != 0 {
		t.Errorf("%d messages were refused", got)
	}
}
