package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
)

// seedPeer is a node to join, by the address that its clients use.
type seedPeer struct {
	host          string
	port, busPort uint16
}

// String writes the peer as it is read, the bus port only if it is not the usual one.
func (p seedPeer) String() string {
	text := net.JoinHostPort(p.host, strconv.Itoa(int(p.port)))
	if int(p.busPort) != int(p.port)+busPortDistance {
		text += "@" + strconv.Itoa(int(p.busPort))
	}
	return text
}

// seedPeers is a list of them.
type seedPeers []seedPeer

// UnmarshalText reads HOST:PORT or HOST:PORT@BUSPORT, several between commas or blanks.
func (v *seedPeers) UnmarshalText(text []byte) error {
	*v = nil
	for _, word := range strings.FieldsFunc(string(text), func(c rune) bool { return c == ' ' || c == ',' || c == '\t' }) {
		peer, err := parseSeedPeer(word)
		if err != nil {
			return err
		}
		*v = append(*v, peer)
	}
	return nil
}

func parseSeedPeer(word string) (seedPeer, error) {
	address, bus, given := strings.Cut(word, "@")
	host, port, err := net.SplitHostPort(address)
	if err != nil || host == "" {
		return seedPeer{}, fmt.Errorf("argument must be like host:7000 or [::1]:7000, with @17000 behind it if the port for other nodes is not the usual one, not %q", word)
	}
	clientPort, err := parseInteger([]byte(port), 1, 65535)
	if err != nil {
		return seedPeer{}, err
	}
	busPort := clientPort + busPortDistance
	if given {
		if busPort, err = parseInteger([]byte(bus), 1, 65535); err != nil {
			return seedPeer{}, err
		}
	}
	if busPort > 65535 {
		return seedPeer{}, fmt.Errorf("argument must name the port for other nodes (%s@PORT): it cannot be %d", word, busPort)
	}
	return seedPeer{host, uint16(clientPort), uint16(busPort)}, nil
}

// Decode implements kong.MapperValue.
func (v *seedPeers) Decode(ctx *kong.DecodeContext) error {
	if ctx.Scan.Peek().IsEOL() {
		return errors.New("missing value")
	}
	return v.UnmarshalText([]byte(ctx.Scan.Pop().String()))
}

func (*seedPeers) severalWords() {}

// addresses returns where those peers listen for other nodes that are given by address.
func (v seedPeers) addresses() (addresses []netip.AddrPort) {
	for _, peer := range v {
		if address, err := netip.ParseAddr(peer.host); err == nil {
			addresses = append(addresses, netip.AddrPortFrom(address.Unmap(), peer.busPort))
		}
	}
	return addresses
}

// names returns the others.
func (v seedPeers) names() (names seedPeers) {
	for _, peer := range v {
		if _, err := netip.ParseAddr(peer.host); err != nil {
			names = append(names, peer)
		}
	}
	return names
}

// seenFrom returns the address of this host from which the first peer is reached that can be found; empty if none can.
func (v seedPeers) seenFrom() string {
	for _, peer := range v {
		// Connecting a UDP socket sends nothing: it asks for the way.
		socket, err := net.Dial("udp", net.JoinHostPort(peer.host, strconv.Itoa(int(peer.port))))
		if err != nil {
			continue
		}
		local := socket.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap().WithZone("")
		socket.Close()
		return local.String()
	}
	return ""
}

// String writes the list as CONFIG GET shows it.
func (v seedPeers) String() string {
	words := make([]string, len(v))
	for i, peer := range v {
		words[i] = peer.String()
	}
	return strings.Join(words, ",")
}

// answer is yes or no. On the command line the flag alone is yes.
type answer bool

// IsBool implements kong.BoolMapperValue.
func (*answer) IsBool() bool { return true }

// Decode implements kong.MapperValue.
func (v *answer) Decode(ctx *kong.DecodeContext) error {
	if ctx.Scan.Peek().Type != kong.FlagValueToken {
		*v = true
		return nil
	}
	switch word := strings.ToLower(ctx.Scan.Pop().String()); word {
	case "yes", "no":
		*v = word == "yes"
	default:
		return errors.New("argument must be 'yes' or 'no'")
	}
	return nil
}

// String writes the word.
func (v answer) String() string {
	if v {
		return "yes"
	}
	return "no"
}
