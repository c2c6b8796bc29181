package main

import (
	"strconv"

	"github.com/ember-cluster/ember/core/command"
	"github.com/ember-cluster/ember/transport/seal"
	"github.com/ember-cluster/ember/transport/udp"
)

// stats are INFO's fields about the ports: what was not sent or not taken, and why, summed over all of them.
func (b *bus) stats() []command.Field {
	var sockets udp.Counters
	for _, port := range b.sockets {
		c := port.Counters()
		sockets.DatagramsDropped += c.DatagramsDropped
		sockets.DatagramsTooLong += c.DatagramsTooLong
		sockets.StreamsTooSlow += c.StreamsTooSlow
		sockets.StreamsTooMany += c.StreamsTooMany
	}
	fields := []command.Field{
		busField("datagrams_unsent", sockets.DatagramsDropped),
		busField("datagrams_too_long", sockets.DatagramsTooLong),
		busField("streams_too_slow", sockets.StreamsTooSlow),
		busField("streams_too_many", sockets.StreamsTooMany),
		busField("sealed", uint64(min(len(b.sealed), 1))),
	}
	if len(b.sealed) == 0 {
		return fields
	}
	plain := uint64(0)
	for _, port := range b.sealed {
		plain += port.Plain()
	}
	refused := b.refusals()
	fields = append(fields, busField("taken_unsealed", plain), busField("refused", refused.Refused()))
	for kind, count := range refused {
		fields = append(fields, busField("refused_"+seal.Kind(kind).Word(), count))
	}
	return fields
}

// refusals are those of all sealed ports, by kind. They may be asked for from anywhere.
func (b *bus) refusals() (refused seal.Counters) {
	for _, port := range b.sealed {
		for kind, count := range port.Counters() {
			refused[kind] += count
		}
	}
	return refused
}

func busField(name string, value uint64) command.Field {
	return command.Field{Name: "cluster_bus_" + name, Value: strconv.FormatUint(value, 10)}
}
