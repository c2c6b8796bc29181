package command

import "strings"

// infoLayout returns the fields that a section of INFO has in Redis 7.2, in their order, for tools that look for them. Those of
// parts that there are not here have a value that says so: 0 or what stands behind "=".
func infoLayout(section string) string {
	switch section {
	case "server":
		return `redis_version redis_git_sha1 redis_git_dirty redis_build_id redis_mode os arch_bits monotonic_clock=driver
			multiplexing_api=driver atomicvar_api=none gcc_version=0.0.0 process_id process_supervised run_id tcp_port
			server_time_usec uptime_in_seconds uptime_in_days hz=10 configured_hz=10 lru_clock executable config_file
			io_threads_active`
	case "clients":
		return `connected_clients cluster_connections maxclients client_recent_max_input_buffer client_recent_max_output_buffer
			blocked_clients tracking_clients clients_in_timeout_table total_blocking_keys total_blocking_keys_on_nokey`
	case "persistence":
		return `loading async_loading current_cow_peak current_cow_size current_cow_size_age current_fork_perc=0.00
			current_save_keys_processed current_save_keys_total rdb_changes_since_last_save rdb_bgsave_in_progress
			rdb_last_save_time rdb_last_bgsave_status=ok rdb_last_bgsave_time_sec=-1 rdb_current_bgsave_time_sec=-1 rdb_saves
			rdb_last_cow_size rdb_last_load_keys_expired rdb_last_load_keys_loaded aof_enabled aof_rewrite_in_progress
			aof_rewrite_scheduled aof_last_rewrite_time_sec=-1 aof_current_rewrite_time_sec=-1 aof_last_bgrewrite_status=ok
			aof_rewrites aof_rewrites_consecutive_failures aof_last_write_status=ok aof_last_cow_size module_fork_in_progress
			module_fork_last_cow_size`
	case "stats":
		return `total_connections_received total_commands_processed instantaneous_ops_per_sec total_net_input_bytes
			total_net_output_bytes total_net_repl_input_bytes total_net_repl_output_bytes instantaneous_input_kbps=0.00
			instantaneous_output_kbps=0.00 instantaneous_input_repl_kbps=0.00 instantaneous_output_repl_kbps=0.00
			rejected_connections sync_full sync_partial_ok sync_partial_err expired_keys expired_stale_perc=0.00
			expired_time_cap_reached_count expire_cycle_cpu_milliseconds evicted_keys evicted_clients
			total_eviction_exceeded_time current_eviction_exceeded_time keyspace_hits keyspace_misses pubsub_channels
			pubsub_patterns pubsubshard_channels latest_fork_usec total_forks migrate_cached_sockets
			slave_expires_tracked_keys active_defrag_hits active_defrag_misses active_defrag_key_hits active_defrag_key_misses
			total_active_defrag_time current_active_defrag_time tracking_total_keys tracking_total_items
			tracking_total_prefixes unexpected_error_replies total_error_replies dump_payload_sanitizations
			total_reads_processed total_writes_processed io_threaded_reads_processed io_threaded_writes_processed
			reply_buffer_shrinks reply_buffer_expands acl_access_denied_auth acl_access_denied_cmd acl_access_denied_key
			acl_access_denied_channel`
	case "replication":
		return `role connected_slaves master_failover_state=no-failover master_replid=0000000000000000000000000000000000000000
			master_replid2=0000000000000000000000000000000000000000 master_repl_offset second_repl_offset=-1
			repl_backlog_active repl_backlog_size repl_backlog_first_byte_offset repl_backlog_histlen`
	case "cpu":
		return `used_cpu_sys=0.000000 used_cpu_user=0.000000 used_cpu_sys_children=0.000000 used_cpu_user_children=0.000000
			used_cpu_sys_main_thread=0.000000 used_cpu_user_main_thread=0.000000`
	}
	return ""
}

// arrange brings the fields of a section into Redis's order and adds what is missing. What Redis does not have comes last.
func arrange(section string, fields []Field) []Field {
	var arranged []Field
	known := make(map[string]int, len(fields))
	for i, field := range fields {
		known[field.Name] = i
	}
	taken := make([]bool, len(fields))
	for name := range strings.FieldsSeq(infoLayout(section)) {
		name, value, ok := strings.Cut(name, "=")
		if !ok {
			value = "0"
		}
		if i, given := known[name]; given {
			taken[i], value = true, fields[i].Value
		}
		arranged = append(arranged, Field{name, value})
	}
	for i, field := range fields {
		if !taken[i] {
			arranged = append(arranged, field)
		}
	}
	return arranged
}
