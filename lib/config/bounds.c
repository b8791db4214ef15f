/* The least and the greatest values of numbers and times, where these are not 0 and none, the texts that may not be empty, and
 * those that must be host names. As Postfix 3.7 has them: it ends with an error otherwise. */
#include "lib/config/parameter.h"

static const uint16_t at_least_one[] = {
    INDEX_command_time_limit,
    INDEX_daemon_timeout,
    INDEX_debug_peer_level,
    INDEX_default_process_limit,
    INDEX_default_recipient_refill_delay,
    INDEX_default_recipient_refill_limit,
    INDEX_deliver_lock_attempts,
    INDEX_deliver_lock_delay,
    INDEX_fast_flush_purge_time,
    INDEX_fast_flush_refresh_time,
    INDEX_hash_queue_depth,
    INDEX_header_address_token_limit,
    INDEX_header_size_limit,
    INDEX_hopcount_limit,
    INDEX_initial_destination_concurrency,
    INDEX_ipc_idle,
    INDEX_ipc_timeout,
    INDEX_lmtp_connection_cache_time_limit,
    INDEX_lmtp_connection_reuse_time_limit,
    INDEX_lmtp_data_done_timeout,
    INDEX_lmtp_data_init_timeout,
    INDEX_lmtp_data_xfer_timeout,
    INDEX_lmtp_lhlo_timeout,
    INDEX_lmtp_mail_timeout,
    INDEX_lmtp_quit_timeout,
    INDEX_lmtp_rcpt_timeout,
    INDEX_lmtp_rset_timeout,
    INDEX_lmtp_starttls_timeout,
    INDEX_max_idle,
    INDEX_max_use,
    INDEX_maximal_backoff_time,
    INDEX_mime_boundary_length_limit,
    INDEX_mime_nesting_limit,
    INDEX_minimal_backoff_time,
    INDEX_qmgr_daemon_timeout,
    INDEX_qmgr_ipc_timeout,
    INDEX_qmgr_message_active_limit,
    INDEX_qmgr_message_recipient_limit,
    INDEX_qmgr_message_recipient_minimum,
    INDEX_queue_run_delay,
    INDEX_smtp_connection_cache_time_limit,
    INDEX_smtp_connection_reuse_time_limit,
    INDEX_smtp_data_done_timeout,
    INDEX_smtp_data_init_timeout,
    INDEX_smtp_data_xfer_timeout,
    INDEX_smtp_helo_timeout,
    INDEX_smtp_mail_timeout,
    INDEX_smtp_pix_workaround_delay_time,
    INDEX_smtp_quit_timeout,
    INDEX_smtp_rcpt_timeout,
    INDEX_smtp_rset_timeout,
    INDEX_smtp_starttls_timeout,
    INDEX_smtpd_hard_error_limit,
    INDEX_smtpd_history_flush_threshold,
    INDEX_smtpd_junk_command_limit,
    INDEX_smtpd_min_data_rate,
    INDEX_smtpd_recipient_limit,
    INDEX_smtpd_recipient_overshoot_limit,
    INDEX_smtpd_soft_error_limit,
    INDEX_smtpd_starttls_timeout,
    INDEX_smtpd_timeout,
    INDEX_smtpd_upstream_proxy_timeout,
    INDEX_stale_lock_time,
    INDEX_transport_retry_time,
    INDEX_trigger_timeout,
    INDEX_virtual_alias_address_length_limit,
    INDEX_virtual_alias_expansion_limit,
    INDEX_virtual_alias_recursion_limit,
    INDEX_virtual_minimum_uid,
};

static const struct {
    uint16_t index;
    int minimum;
} minima[] = {
    {INDEX_line_length_limit,                     512},
    {INDEX_smtpd_forbid_bare_newline_reject_code, 500},
};

int parameter_minimum(const struct parameter *parameter)
{
    const size_t index = parameter_index(parameter);

    for (size_t i = 0; i < ARRAY_LENGTH(at_least_one); i++) {
        if (at_least_one[i] == index)
            return 1;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(minima); i++) {
        if (minima[i].index == index)
            return minima[i].minimum;
    }
    return 0;
}

int parameter_maximum(const struct parameter *parameter)
{
    switch (parameter_index(parameter)) {
    case INDEX_default_delivery_slot_discount:
        return 100;
    case INDEX_smtpd_client_ipv4_prefix_length:
        return 32;
    case INDEX_smtpd_client_ipv6_prefix_length:
        return 128;
    case INDEX_smtpd_forbid_bare_newline_reject_code:
        return 599;
    default:
        return 0;
    }
}

bool parameter_may_be_empty(const struct parameter *parameter)
{
    static const uint16_t never_empty[] = {
        INDEX_command_directory, INDEX_daemon_directory,
        INDEX_data_directory,    INDEX_default_database_type,
        INDEX_default_privs,     INDEX_double_bounce_sender,
        INDEX_mail_name,         INDEX_mail_owner,
        INDEX_mydomain,          INDEX_myhostname,
        INDEX_myorigin,          INDEX_queue_directory,
        INDEX_setgid_group,
    };

    for (size_t i = 0; i < ARRAY_LENGTH(never_empty); i++) {
        if (never_empty[i] == parameter_index(parameter))
            return false;
    }
    return true;
}

bool parameter_is_hostname(const struct parameter *parameter)
{
    size_t index = parameter_index(parameter);

    return index == INDEX_myhostname || index == INDEX_mydomain;
}
