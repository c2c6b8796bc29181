package main

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ember-cluster/ember/core"
	"github.com/ember-cluster/ember/core/gossip"
)

func parse(t *testing.T, args ...string) *commandLine {
	t.Helper()
	c, err := parseCommandLine(args, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMemorySizes(t *testing.T) {
	for text, want := range map[string]memorySize{
		"0": 0, "1": 1, "5b": 5, "1k": 1000, "1kb": 1024, "2M": 2_000_000, "2Mb": 2 << 20, "512mb": 512 << 20, "1g": 1e9, "1GB": 1 << 30,
	} {
		var got memorySize
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%s: %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "mb", "-1", "1t", "1 mb", "1.5gb", "1bb", "9223372036854775807k", "99999999999999999999"} {
		var got memorySize
		if err := got.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken for %d", text, got)
		}
	}
}

func TestDefaults(t *testing.T) {
	c := parse(t)
	if c.Port != 6379 || c.ClusterPort != 16379 || c.MaxClients != 10000 || c.QueryBufferLimit != 1<<30 || c.Timeout != 0 ||
		c.Bind.String() != "* -::*" || c.LogLevel != "notice" || !c.FullCoverage.on() || c.AllowReadsWhenDown.on() {
		t.Errorf("%+v", c.settings)
	}
	if !c.driver.localOnly {
		t.Error("without --bind, strangers are let in")
	}
	if c := parse(t, "--bind", "*"); c.driver.localOnly {
		t.Error("with --bind, strangers are not let in")
	}
	if got := c.NodeTimeout.gossip(); got != gossip.DefaultConfig() {
		t.Errorf("the default timeout gives %+v", got)
	}
}

func TestFlagsOverrideTheFile(t *testing.T) {
	path := writeConfig(t,
		"# comment", "  PORT 7000  ", "port 7001", `dir "with space"`, "maxclients 5", "loglevel debug", "bind 127.0.0.1 -::1",
		"cluster-require-full-coverage no", "client-query-buffer-limit 2mb", "timeout 30", "save 900 1", "appendonly no")
	c := parse(t, path, "--maxclients", "7", "--loglevel=warning")
	if c.Port != 7001 || c.ClusterPort != 17001 || c.Dir != "with space" || c.MaxClients != 7 || c.LogLevel != "warning" ||
		c.Bind.String() != "127.0.0.1 -::1" || c.FullCoverage.on() || c.QueryBufferLimit != 2<<20 ||
		c.Timeout.duration() != 30*time.Second || c.ConfigFile != path {
		t.Errorf("%+v", c.settings)
	}
	if want := []warning{{"save", ignored}}; !slices.Equal(c.warnings, want) {
		t.Errorf("warnings %v, want %v", c.warnings, want)
	}
}

// TestForeignFlags uses a command line that was written for redis-server.
func TestForeignFlags(t *testing.T) {
	c := parse(t, "--port", "7000", "--cluster-enabled", "yes", "--save", "", "--appendonly", "no", "--daemonize", "no",
		"--cluster-config-file", "nodes.conf", "--bind", "127.0.0.1", "-::1", "--hz=10", "--maxclients", "5")
	if c.Port != 7000 || c.Bind.String() != "127.0.0.1 -::1" || c.MaxClients != 5 {
		t.Errorf("%+v", c.settings)
	}
	if want := []warning{{"cluster-config-file", ignored}, {"hz", ignored}}; !slices.Equal(c.warnings, want) {
		t.Errorf("warnings %v, want %v", c.warnings, want)
	}
}

func TestNoDirectiveIsBothForeignAndOurs(t *testing.T) {
	for _, p := range parse(t).parameters {
		if _, foreign := foreignDirectives[p.name]; foreign {
			t.Errorf("%s is both", p.name)
		}
	}
}

// TestParametersAreTheSettings checks that CONFIG GET shows what is in force, sorted and once.
func TestParametersAreTheSettings(t *testing.T) {
	c := parse(t, "--port", "7000", "--client-query-buffer-limit", "2mb", "--bind", "::1,127.0.0.1")
	all := c.configParameters(7000, 17000)
	values := map[string]string{}
	for i, p := range all {
		if i > 0 && all[i-1].Name >= p.Name {
			t.Errorf("%s comes behind %s", p.Name, all[i-1].Name)
		}
		values[p.Name] = p.Value
	}
	for name, want := range map[string]string{
		"port": "7000", "cluster-port": "17000", "client-query-buffer-limit": "2097152", "bind": "::1 127.0.0.1", "save": "",
		"appendonly": "no", "maxmemory": "0", "cluster-require-full-coverage": "yes", "timeout": "0", "loglevel": "notice",
	} {
		if got, ok := values[name]; !ok || got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// TestNodeTimeoutScalesFailureDetection checks that any timeout gives a usable configuration, of the same proportions.
func TestNodeTimeoutScalesFailureDetection(t *testing.T) {
	for _, timeout := range []nodeTimeout{60, 300, 6000, 15000, 3_600_000} {
		config := timeout.gossip()
		if err := config.Validate(); err != nil {
			t.Errorf("%d ms: %v", timeout, err)
		}
		if want := time.Duration(timeout) * time.Millisecond / 6; config.ProbeInterval != want || config.ProbeTimeout != want/2 {
			t.Errorf("%d ms: probes each %v, timeout %v, want %v", timeout, config.ProbeInterval, config.ProbeTimeout, want)
		}
	}
}

func TestAnnouncedAddress(t *testing.T) {
	for _, test := range []struct {
		args                string
		host                string
		clientPort, busPort uint16
	}{
		{"", "", 6379, 16379},
		{"--bind 10.0.0.5", "10.0.0.5", 6379, 16379},
		{"--bind *", "", 6379, 16379},
		{"--bind fe80::1", "fe80::1", 6379, 16379},
		{"--bind 10.0.0.5 --cluster-announce-ip 1.2.3.4 --cluster-announce-port 80 --cluster-announce-bus-port 81", "1.2.3.4", 80, 81},
	} {
		c := parse(t, strings.Fields(test.args)...)
		a := c.announce(uint16(c.Port), uint16(c.ClusterPort))
		if a.Host != test.host || a.ClientPort != test.clientPort || a.BusPort != test.busPort {
			t.Errorf("%s: %+v", test.args, a)
		}
	}
}

func TestHelpAndVersion(t *testing.T) {
	var out, complaint strings.Builder
	if code := run([]string{"--help"}, &out, &complaint); code != 0 || complaint.Len() > 0 {
		t.Errorf("--help: exit status %d, %s", code, &complaint)
	}
	for _, p := range parse(t).parameters {
		if !strings.Contains(out.String(), "--"+p.name) {
			t.Errorf("the help lacks --%s", p.name)
		}
	}
	out.Reset()
	if code := run([]string{"--version"}, &out, &complaint); code != 0 || !strings.HasPrefix(out.String(), "embernode "+core.Version+" go") {
		t.Errorf("--version: exit status %d, %s", code, &out)
	}
}
