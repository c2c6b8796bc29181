package topology

import (
	"fmt"
	"strings"
)

// invalidAddress returns why the announced address of a node cannot be shown to clients, or "". CLUSTER NODES separates
// with blanks, commas, '@' and line ends, so names that contain them would forge fields. Only a node that is alone in its
// cluster may lack a host: clients would take the lack of another node's for the host that they have asked.
func invalidAddress(n *Node, alone bool) string {
	switch {
	case n.Host == "" && !alone:
		return "no host"
	case len(n.Host) > MaxHost || !onlyNameBytes(n.Host, ".-_:%"):
		return fmt.Sprintf("host %q", n.Host)
	case len(n.Hostname) > MaxHost || !onlyNameBytes(n.Hostname, ".-"):
		return fmt.Sprintf("hostname %q", n.Hostname)
	case len(n.Zone) > MaxZone || !onlyNameBytes(n.Zone, ".-_:/"):
		return fmt.Sprintf("zone %q", n.Zone)
	case n.ClientPort == 0 || n.BusPort == 0:
		return fmt.Sprintf("ports %d and %d", n.ClientPort, n.BusPort)
	}
	return ""
}

// onlyNameBytes reports whether name consists of letters, digits and the extra bytes.
func onlyNameBytes(name, extra string) bool {
	for i := 0; i < len(name); i++ {
		c := name[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' {
			continue
		}
		if strings.IndexByte(extra, c) < 0 {
			return false
		}
	}
	return true
}
