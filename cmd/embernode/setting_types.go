package main

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/ember-cluster/ember/core/topology"
)

// The types of the parameters. Each reads its value as Redis does and, being a string or a number of the unit that Redis
// uses, is shown by CONFIG GET as Redis shows it.

// The kinds of loops that serve clients.
const (
	loopNet   = "net"
	loopEpoll = "epoll"
)

// loopKind is one of them.
type loopKind string

// UnmarshalText reads the name of a kind that this system has.
func (v *loopKind) UnmarshalText(text []byte) error {
	*v = loopKind(strings.ToLower(string(text)))
	switch {
	case *v == loopEpoll && defaultLoop != loopEpoll:
		return errors.New("this system does not have epoll: argument must be 'net'")
	case *v != loopEpoll && *v != loopNet:
		return errors.New("argument must be 'epoll' or 'net'")
	}
	return nil
}

// yesNo is a switch.
type yesNo string

// UnmarshalText reads one of the two words.
func (v *yesNo) UnmarshalText(text []byte) error {
	*v = yesNo(strings.ToLower(string(text)))
	if *v != "yes" && *v != "no" {
		return errors.New("argument must be 'yes' or 'no'")
	}
	return nil
}

// portNumber is a TCP or UDP port, or 0 for a free one.
type portNumber uint16

// UnmarshalText reads a decimal number.
func (v *portNumber) UnmarshalText(text []byte) error {
	number, err := parseInteger(text, 0, math.MaxUint16)
	*v = portNumber(number)
	return err
}

// count is a number of things, at least one.
type count int

// UnmarshalText reads a decimal number.
func (v *count) UnmarshalText(text []byte) error {
	number, err := parseInteger(text, 1, math.MaxInt32)
	*v = count(number)
	return err
}

func parseInteger(text []byte, low, high int64) (int64, error) {
	number, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil || number < low || number > high {
		return 0, fmt.Errorf("argument must be between %d and %d, not %q", low, high, text)
	}
	return number, nil
}

// zoneName is a failure domain, or empty.
type zoneName string

// UnmarshalText reads a name.
func (v *zoneName) UnmarshalText(text []byte) error {
	if len(text) > topology.MaxZone || !consistsOf(string(text), ".-_:/") {
		return fmt.Errorf("argument must be at most %d letters, digits or any of . - _ : /", topology.MaxZone)
	}
	*v = zoneName(text)
	return nil
}

// consistsOf reports whether there is nothing but letters, digits and the extra characters.
func consistsOf(name, extra string) bool {
	for _, c := range name {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && !strings.ContainsRune(extra, c) {
			return false
		}
	}
	return true
}

// permission is the mode of a file, in octal digits.
type permission uint16

// UnmarshalText reads octal digits.
func (v *permission) UnmarshalText(text []byte) error {
	number, err := strconv.ParseUint(string(text), 8, 16)
	if err != nil || number > 0o777 {
		return fmt.Errorf("argument must be an octal mode up to 777, not %q", text)
	}
	*v = permission(number)
	return nil
}

// String writes octal digits.
func (v permission) String() string { return strconv.FormatUint(uint64(v), 8) }

// loopbackPort is an address that only this host can reach, with a port, or empty.
type loopbackPort string

// UnmarshalText reads an address such as 127.0.0.1:6060.
func (v *loopbackPort) UnmarshalText(text []byte) error {
	if len(text) > 0 {
		if address, err := netip.ParseAddrPort(string(text)); err != nil || !address.Addr().IsLoopback() {
			return fmt.Errorf("argument must be an address of the loopback interface and a port, not %q", text)
		}
	}
	*v = loopbackPort(text)
	return nil
}

// bindList is a list of addresses to listen on.
type bindList []bindAddress

// bindAddress is one of them.
type bindAddress struct {
	address netip.Addr
	// optional says that a host which does not have the address goes without it.
	optional bool
}

// parseBindAddress reads an IP address or *, any IPv4 address, or ::*, any IPv6 address; an optional one begins with -.
func parseBindAddress(word string) (bindAddress, error) {
	text, optional := strings.CutPrefix(word, "-")
	switch text {
	case "*":
		return bindAddress{netip.IPv4Unspecified(), optional}, nil
	case "::*":
		return bindAddress{netip.IPv6Unspecified(), optional}, nil
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		return bindAddress{}, fmt.Errorf("argument must be IP addresses or *, not %q", word)
	}
	return bindAddress{address.Unmap(), optional}, nil
}

// String writes the address as it is read.
func (b bindAddress) String() string {
	text := b.address.String()
	switch b.address {
	case netip.IPv4Unspecified():
		text = "*"
	case netip.IPv6Unspecified():
		text = "::*"
	}
	if b.optional {
		return "-" + text
	}
	return text
}

// UnmarshalText reads addresses between blanks or commas.
func (v *bindList) UnmarshalText(text []byte) error {
	var list bindList
	for _, word := range strings.FieldsFunc(string(text), func(c rune) bool { return c == ' ' || c == ',' || c == '\t' }) {
		address, err := parseBindAddress(word)
		if err != nil {
			return err
		}
		list = append(list, address)
	}
	if len(list) == 0 {
		return errors.New("argument must name at least one address")
	}
	*v = list
	return nil
}

// Decode implements kong.MapperValue: on the command line every word that follows and is an address belongs to the list.
func (v *bindList) Decode(ctx *kong.DecodeContext) error {
	if ctx.Scan.Peek().IsEOL() {
		return errors.New("missing value")
	}
	words := []string{ctx.Scan.Pop().String()}
	for !ctx.Scan.Peek().IsEOL() {
		next := ctx.Scan.Peek().String()
		if _, err := parseBindAddress(next); err != nil {
			break
		}
		words = append(words, next)
		ctx.Scan.Pop()
	}
	return v.UnmarshalText([]byte(strings.Join(words, " ")))
}

func (*bindList) severalWords() {}

// String writes the addresses as CONFIG GET shows them.
func (v bindList) String() string {
	words := make([]string, len(v))
	for i, b := range v {
		words[i] = b.String()
	}
	return strings.Join(words, " ")
}
