package topology

import "fmt"

// invalidAddress returns why the announced address of a node cannot be shown to clients, or "". CLUSTER NODES separates
// with blanks, commas, '@' and line ends, so names that contain them would forge fields.
func invalidAddress(n *Node) string {
	switch {
	case len(n.Host) > MaxHost || !onlyNameBytes(n.Host, ".-_:%"):
		return fmt.Sprintf("invalid host %q", n.Host)
	case len(n.Hostname) > MaxHost || !onlyNameBytes(n.Hostname, ".-"):
		return fmt.Sprintf("invalid hostname %q", n.Hostname)
	case len(n.Zone) > MaxZone || !onlyNameBytes(n.Zone, ".-_:/"):
		return fmt.Sprintf("invalid zone %q", n.Zone)
	case n.ClientPort == 0 || n.BusPort == 0:
		return fmt.Sprintf("invalid ports %d and %d", n.ClientPort, n.BusPort)
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
		found := false
		for j := 0; j < len(extra); j++ {
			found = found || extra[j] == c
		}
		if !found {
			return false
		}
	}
	return true
}
