-- The named tables of the warehouse from the same landing files, as one would write them by hand for
-- DuckDB alone: no layers, no history of what was known when, nothing kept for the next day. Runs in
-- the folder of the deployment; the variable `seeds` names the folder of the project's seeds.

-- stage: reading

create macro no_blank(v) as nullif(v, '');

-- read_json with ignore_errors loses the record after a broken one, so lines come as text first.
create macro json_lines(files) as table
select line
from read_csv(
    files, columns = {line: 'varchar'}, delim = e'\x01', quote = '', escape = '', header = false,
    auto_detect = false, ignore_errors = true, max_line_size = 10000000
)
where json_valid(line);

-- What is of another type becomes null; numbers come as text, because there null is also a value.
create temp table landed_events as
select unnest(from_json(line, '{
    "event_id": "varchar", "customer_id": "varchar", "profile_id": "varchar",
    "device_id": "varchar", "title_id": "varchar", "event_type": "varchar",
    "search_text": "varchar", "error_code": "varchar", "app_version": "varchar",
    "user_agent": "varchar", "ip_address": "varchar", "position_ms": "varchar",
    "duration_ms": "varchar", "bitrate_kbps": "varchar", "watched_ms": "varchar",
    "event_at": "timestamp", "received_at": "timestamp"
}'))
from json_lines('landing/events/events/*.jsonl.gz');

create temp table agents as
select
    user_agent,
    case
        when a similar to '.*(bot/|crawler|spider).*' then 'bot'
        when a similar to '.*(playstation|xbox|nintendo).*' then 'console'
        when a similar to '.*(appletv|smart-tv|smarttv|web0s|roku|; aft).*' then 'tv'
        when a similar to '.*(ipad|tablet).*' then 'tablet'
        when a similar to '.*android.*' then if(a like '%mobile%', 'phone', 'tablet')
        when a similar to '.*(iphone|mobile).*' then 'phone'
        when a similar to '.*(windows|macintosh|linux).*' then 'desktop'
        else 'other'
    end as device_class,
    case
        when a like '%playstation%' then 'playstation'
        when a like '%xbox%' then 'xbox'
        when a like '%nintendo%' then 'nintendo'
        when a like '%appletv%' then 'tvos'
        when a like '%roku%' then 'roku_os'
        when a like '%web0s%' then 'webos'
        when a like '%tizen%' then 'tizen'
        when a like '%; aft%' then 'fire_os'
        when a similar to '.*(iphone|ipad).*' then 'ios'
        when a like '%android%' then 'android'
        when a like '%windows%' then 'windows'
        when a like '%macintosh%' then 'macos'
        when a like '%linux%' then 'linux'
        else 'other'
    end as device_system,
    case
        when device_class = 'tv' then 'tv_app'
        when device_class = 'console' then 'console_app'
        when device_class = 'bot' then 'bot'
        when a similar to 'mozilla/.*(applewebkit|gecko)/.*' then 'browser'
        else if(device_class = 'other', 'other', 'native_app')
    end as app_class
from (select distinct user_agent, lower(user_agent) as a from landed_events where user_agent <> '');

-- Addresses as numbers: IPv4 as it is, of IPv6 the first 64 bits.
create macro v4_number(ip) as list_reduce(
    [p::ubigint for p in string_split(ip, '.')], lambda a, b: a * 256 + b
);
create macro v6_groups(ip) as list_concat(
    list_filter(string_split(split_part(ip, '::', 1), ':'), lambda g: g <> ''),
    list_concat(
        list_resize([]::varchar[], if(contains(ip, '::'), greatest(8 - len(list_filter(string_split(replace(ip, '::', ':'), ':'), lambda g: g <> '')), 0), 0), '0'),
        list_filter(string_split(split_part(ip, '::', 2), ':'), lambda g: g <> '')
    )
)[1:4];
create macro v6_number(ip) as list_reduce(
    [('0x' || g)::ubigint for g in v6_groups(ip)], lambda a, b: a * 65536 + b
);
create macro address_number(ip) as if(contains(ip, ':'), v6_number(ip), v4_number(ip));

create temp table places as
select
    contains(network, ':') as is_v6,
    address_number(split_part(network, '/', 1)) as first_number,
    first_number + (2 ** (if(is_v6, 64, 32) - split_part(network, '/', 2)::integer))::ubigint - 1
        as last_number,
    country_code, region_name, city_name, time_zone
from read_csv('places.csv', all_varchar = true);

create temp table addresses as
with numbered as (
    select ip_address, contains(ip_address, ':') as is_v6, address_number(ip_address) as number
    from (select distinct ip_address from landed_events where ip_address <> '')
)
select
    n.ip_address,
    if(
        n.is_v6,
        regexp_replace(array_to_string(v6_groups(n.ip_address)[1:3], ':'), '(:0)*$', '') || '::/48',
        regexp_replace(n.ip_address, '[0-9]+$', '0/24')
    ) as network_prefix,
    if(n.number <= p.last_number, p.country_code, null) as place_country_code,
    if(n.number <= p.last_number, p.region_name, null) as place_region_name,
    if(n.number <= p.last_number, p.city_name, null) as place_city_name,
    if(n.number <= p.last_number, p.time_zone, null) as place_time_zone,
    case
        when regexp_matches(
            n.ip_address, '^(10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|100\.(6[4-9]|[7-9].|1[01].|12[0-7])\.|f[cd])'
        ) then 'private'
        when regexp_matches(n.ip_address, '^(0\.|127\.|169\.254\.|2(2[4-9]|[345].)\.|fe[89ab]|ff|::)')
            then 'reserved'
        else if(n.number <= p.last_number, 'known', 'unknown')
    end as place_status
from numbered as n
asof left join places as p
    on n.is_v6 = p.is_v6 and n.number >= p.first_number;

create table events as
select
    e.event_id,
    coalesce(no_blank(e.customer_id), 'device:' || coalesce(e.device_id, '')) as visitor_id,
    no_blank(e.customer_id) as customer_id, no_blank(e.profile_id) as profile_id,
    coalesce(e.device_id, '') as device_id, no_blank(e.title_id) as title_id, e.event_type,
    no_blank(e.search_text) as search_text, no_blank(e.error_code) as error_code,
    no_blank(e.app_version) as app_version, g.device_class, g.device_system,
    g.app_class, a.network_prefix,
    a.place_country_code, a.place_region_name, a.place_city_name, a.place_time_zone, a.place_status,
    try_cast(e.position_ms as bigint) as position_ms, try_cast(e.duration_ms as bigint) as duration_ms,
    try_cast(e.bitrate_kbps as integer) as bitrate_kbps, try_cast(e.watched_ms as bigint) as watched_ms,
    coalesce(g.device_class = 'bot', false) as is_bot,
    (e.event_at - interval 4 hours)::date as broadcast_date, e.received_at::date as received_date,
    e.event_at, e.received_at
from landed_events as e
left join agents as g using (user_agent)
left join addresses as a using (ip_address)
where
    e.event_id <> '' and e.event_at is not null and e.received_at is not null
    and e.event_at <= e.received_at + interval 60 minutes
    and e.event_type in (
        'browse', 'search', 'impression', 'click', 'play', 'pause', 'seek', 'buffer',
        'quality_change', 'ad_start', 'ad_end', 'error', 'stop', 'heartbeat', 'watch'
    )
    and (e.position_ms is null or try_cast(e.position_ms as bigint) >= 0)
    and (e.duration_ms is null or try_cast(e.duration_ms as bigint) >= 0)
    and (e.bitrate_kbps is null or try_cast(e.bitrate_kbps as integer) >= 0)
    and (e.watched_ms is null or try_cast(e.watched_ms as bigint) >= 0);

drop table landed_events;

create table ad_events as
from read_parquet('landing/ads/ad_events/*.parquet')
where
    ad_event_type in (
        'served', 'first_quartile', 'midpoint', 'third_quartile', 'complete', 'skip', 'click'
    )
    and break_type in ('pre_roll', 'mid_roll', 'post_roll')
    and ad_event_at <= received_at + interval 60 minutes;

create table payments as
from read_csv(
    'landing/billing/payments/*.csv',
    header = true, ignore_errors = true, null_padding = false,
    columns = {
        payment_id: 'varchar', subscription_id: 'varchar', customer_id: 'varchar',
        currency_code: 'varchar', payment_status: 'varchar', failure_reason: 'varchar',
        attempt_number: 'integer', payment_amount: 'decimal(12, 2)', paid_at: 'timestamp',
        received_at: 'timestamp'
    }
)
where payment_status in ('succeeded', 'failed', 'refunded') and payment_amount >= 0;

create table ratings as
from read_parquet('landing/social/ratings/*.parquet')
where rating_value between 0.5 and 5 and rated_at <= received_at + interval 60 minutes;

create table tags as
select
    customer_id, title_id, coalesce(network_name, 'unknown') as network_name, tag_text, tagged_at,
    tagged_at as received_at
from read_csv(
    'landing/social/tags/*.csv.gz',
    header = true, ignore_errors = true,
    columns = {
        customer_id: 'varchar', title_id: 'varchar', network_name: 'varchar', tag_text: 'varchar',
        tagged_at: 'timestamp'
    }
);

create table titles as
select
    * exclude (filename, genres, tags, talents, licence_windows),
    regexp_extract(filename, '(\d{4}-\d{2}-\d{2})\.jsonl', 1)::date as extract_date
from read_json(
    'landing/dam/titles/*.jsonl.gz', format = 'newline_delimited', filename = true,
    columns = {
        title_id: 'varchar', eidr_id: 'varchar', series_id: 'varchar', brand_id: 'varchar',
        property_id: 'varchar', title_name: 'varchar', title_type: 'varchar', brand_name: 'varchar',
        property_name: 'varchar', description_text: 'varchar', original_language_code: 'varchar',
        season_number: 'integer', episode_number: 'integer', minimum_age: 'integer',
        release_year: 'integer', runtime_ms: 'bigint', genres: 'varchar[]', tags: 'varchar[]',
        talents: 'struct(talent_id varchar, talent_name varchar, talent_role varchar)[]',
        licence_windows: 'json'
    }
);

create table customer_extracts as
select
    * exclude (filename), regexp_extract(filename, '(\d{4}-\d{2}-\d{2})\.csv', 1)::date as extract_date
from read_csv(
    'landing/crm/customers/*.csv', header = true, filename = true,
    columns = {
        customer_id: 'varchar', full_name: 'varchar', email: 'varchar', birth_date: 'date',
        country_code: 'varchar', language_code: 'varchar', gender: 'varchar',
        has_marketing_consent: 'boolean', registered_at: 'timestamp'
    }
);

create table creatives as
select
    * exclude (filename), regexp_extract(filename, '(\d{4}-\d{2}-\d{2})\.csv', 1)::date as extract_date
from read_csv('landing/ads/creatives/*.csv', header = true, filename = true);

create table service_case_changes as
select * replace (try_cast(satisfaction_score as integer) as satisfaction_score)
from (
    select unnest(from_json(line, '{
        "case_id": "varchar", "customer_id": "varchar", "contact_channel": "varchar",
        "case_topic": "varchar", "case_status": "varchar", "satisfaction_score": "varchar",
        "opened_at": "timestamp", "closed_at": "timestamp", "updated_at": "timestamp",
        "received_at": "timestamp"
    }'))
    from json_lines('landing/contacts/service_cases/*.jsonl')
)
where case_status in ('open', 'pending', 'closed');

create table retention_offers as
from read_csv(
    'landing/contacts/retention_offers/*.csv', header = true, ignore_errors = true,
    columns = {
        offer_id: 'varchar', customer_id: 'varchar', campaign_id: 'varchar', offer_name: 'varchar',
        treatment_group: 'varchar', treatment_probability: 'decimal(9, 8)', offered_at: 'timestamp',
        received_at: 'timestamp'
    }
);

-- stage: tables

-- Of several deliveries of one event the earliest received wins, then the smallest payload hash.
create table fct_events as
with repeated as (select event_id from events group by event_id having count(*) > 1)
from events anti join repeated using (event_id)
union all
from (
    from events semi join repeated using (event_id)
    qualify row_number() over (
        partition by event_id
        order by received_at, md5(
            strftime(event_at, '%Y-%m-%d %H:%M:%S.%f') || '|' || array_to_string([
                coalesce(v, '~') for v in [
                    customer_id, profile_id, device_id, title_id, event_type, search_text, error_code,
                    app_version, device_class, network_prefix, position_ms::varchar,
                    duration_ms::varchar, bitrate_kbps::varchar, watched_ms::varchar
                ]
            ], '|')
        )
    ) = 1
);

create table fct_ratings as
with kept as (
    from ratings
    qualify row_number() over (
        partition by customer_id, title_id, network_name, rated_at
        order by received_at, rating_value desc
    ) = 1
)
select
    customer_id, title_id, network_name, rating_value,
    row_number() over (
        partition by customer_id, title_id order by rated_at desc, network_name
    ) = 1 as is_current,
    rated_at, received_at
from kept;

create table fct_tags as
select customer_id, title_id, network_name, tag_text, tagged_at, min(received_at) as received_at
from tags
group by all;

create table fct_ad_impressions as
with kept as (
    select distinct on (impression_id, ad_event_type)
        *,
        case ad_event_type
            when 'served' then 0 when 'first_quartile' then 25 when 'midpoint' then 50
            when 'third_quartile' then 75 when 'complete' then 100 when 'skip' then 101 else 102
        end as report_order
    from ad_events
    order by impression_id, ad_event_type, received_at, ad_event_at
)
select
    impression_id,
    arg_min(customer_id, report_order) as customer_id,
    arg_min(device_id, report_order) as device_id,
    arg_min(title_id, report_order) as title_id,
    arg_min(creative_id, report_order) as creative_id,
    arg_min(campaign_id, report_order) as campaign_id,
    arg_min(break_type, report_order) as break_type,
    arg_min(pod_position, report_order) as pod_position,
    any_value(serving_probability) filter (ad_event_type = 'served') as serving_probability,
    coalesce(max(report_order) filter (report_order <= 100), 0) as percent_complete,
    bool_or(ad_event_type = 'served') as is_served,
    bool_or(ad_event_type = 'complete') as is_completed,
    bool_or(ad_event_type = 'skip') as is_skipped,
    bool_or(ad_event_type = 'click') as is_clicked,
    (coalesce(any_value(ad_event_at) filter (ad_event_type = 'served'), min(ad_event_at))
        - interval 4 hours)::date as broadcast_date,
    any_value(ad_event_at) filter (ad_event_type = 'served') as served_at,
    any_value(ad_event_at) filter (ad_event_type = 'complete') as completed_at,
    any_value(ad_event_at) filter (ad_event_type = 'skip') as skipped_at,
    any_value(ad_event_at) filter (ad_event_type = 'click') as clicked_at,
    min(received_at) as first_received_at,
    max(received_at) as last_received_at
from kept
group by impression_id;

create table fct_payments as
with attempts as (
    from payments
    qualify row_number() over (
        partition by payment_id
        order by payment_status = 'refunded', received_at, paid_at, payment_amount, payment_status
    ) = 1
),
counted as (
    select *,
        count(*) filter (payment_status = 'succeeded') over (
            partition by subscription_id order by paid_at, payment_id
            rows between unbounded preceding and 1 preceding
        ) as earlier_success_count
    from attempts
),
rates as (
    select *, lead(valid_from_date) over (partition by currency_code order by valid_from_date) as next_date
    from read_csv(
        getvariable('seeds') || '/exchange_rates.csv',
        columns = {currency_code: 'varchar', valid_from_date: 'date', usd_rate: 'decimal(18, 6)'}
    )
)
select
    p.payment_id, p.subscription_id, p.customer_id, p.currency_code, p.payment_status,
    p.failure_reason, p.attempt_number, p.payment_amount,
    (p.payment_amount::decimal(20, 2) * r.usd_rate)::decimal(18, 2) as payment_amount_usd,
    count(*) filter (payment_status = 'failed') over (
        partition by subscription_id, earlier_success_count order by paid_at, payment_id
        rows between unbounded preceding and 1 preceding
    ) as earlier_failure_count,
    payment_status = 'failed' as is_failed, f.payment_id is not null as is_refunded, p.paid_at,
    p.received_at, f.refund_received_at
from counted as p
left join (
    select payment_id, min(received_at) as refund_received_at
    from payments where payment_status = 'refunded' group by all
) as f using (payment_id)
left join rates as r
    on p.currency_code = r.currency_code and p.paid_at::date >= r.valid_from_date
    and (r.next_date is null or p.paid_at::date < r.next_date);

create table fct_service_cases as
with changes as (
    select * replace (case when case_status = 'closed' then coalesce(closed_at, updated_at) end as closed_at)
    from service_case_changes
    qualify row_number() over (partition by case_id, updated_at order by received_at) = 1
)
select
    case_id, customer_id, contact_channel, case_topic, case_status, satisfaction_score,
    count(*) over (partition by case_id) as change_count,
    case when closed_at >= opened_at then date_diff('millisecond', opened_at, closed_at) end as open_ms,
    case_status = 'closed' as is_closed, opened_at, closed_at, updated_at,
    min(received_at) over (partition by case_id) as first_received_at, received_at
from changes
qualify row_number() over (partition by case_id order by updated_at desc) = 1;

create table fct_retention_offers as
select *, treatment_group = 'treated' as is_treated
from retention_offers
qualify row_number() over (partition by offer_id order by received_at, offered_at) = 1;

create table dim_titles as
with last_states as (
    from titles
    qualify row_number() over (partition by title_id order by extract_date desc) = 1
),
mentioned as (
    select title_id from last_states
    union select title_id from fct_ratings
    union select title_id from fct_tags
    union select distinct title_id from fct_events where title_id is not null
    union select distinct title_id from fct_ad_impressions where title_id is not null
)
select
    m.title_id, t.* exclude (title_id, extract_date),
    coalesce(t.title_type <> 'series', true) as is_playable,
    coalesce(t.extract_date = (select max(extract_date) from titles), false) as is_listed,
    t.title_id is null as is_inferred,
    t.extract_date
from mentioned as m
left join last_states as t using (title_id);

create table dim_title_versions as
with days as (
    select
        extract_date, row_number() over (order by extract_date) as day_number,
        lead(extract_date) over (order by extract_date) as next_date
    from (select distinct extract_date from titles)
),
runs as (
    select
        t.*, d.day_number, d.next_date,
        d.day_number - row_number() over (
            partition by
                title_id, eidr_id, series_id, brand_id, property_id, title_name, title_type,
                brand_name, property_name, description_text, original_language_code, release_year,
                runtime_ms, season_number, episode_number, minimum_age
            order by extract_date
        ) as run_number
    from titles as t
    inner join days as d using (extract_date)
)
select
    * exclude (extract_date, day_number, next_date, run_number),
    min(extract_date) as valid_from_date,
    arg_max_null(next_date, day_number) as valid_to_date
from runs
group by all;

create table dim_creatives as
with last_states as (
    from creatives
    qualify row_number() over (partition by creative_id order by extract_date desc) = 1
),
mentioned as (select creative_id from creatives union select creative_id from fct_ad_impressions)
select
    m.creative_id, c.* exclude (creative_id, extract_date),
    coalesce(c.extract_date = (select max(extract_date) from creatives), false) as is_listed,
    c.creative_id is null as is_inferred, c.extract_date
from mentioned as m
left join last_states as c using (creative_id);

create table fct_sessions as
with gaps as (
    select
        *,
        date_diff('millisecond', lag(event_at) over in_order, event_at) as silence_ms
    from fct_events
    where not is_bot and visitor_id <> 'device:'
    window in_order as (partition by visitor_id, device_id, broadcast_date order by event_at)
),
numbered as (
    select
        *,
        sum(if(silence_ms <= 30 * 60000, 0, 1)) over (
            partition by visitor_id, device_id, broadcast_date order by event_at
            range between unbounded preceding and current row
        )::bigint as session_number
    from gaps
)
select
    visitor_id, device_id, any_value(customer_id) as customer_id, min(profile_id) as profile_id,
    min(place_country_code) as place_country_code, session_number,
    count(*) as event_count,
    count(*) filter (event_type = 'browse') as browse_count,
    count(*) filter (event_type = 'search') as search_count,
    count(*) filter (event_type = 'impression') as impression_count,
    count(*) filter (event_type = 'click') as click_count,
    count(*) filter (event_type in ('play', 'watch')) as play_event_count,
    count(*) filter (event_type = 'error') as error_count,
    date_diff('millisecond', min(event_at), max(event_at)) as session_ms,
    broadcast_date, min(event_at) as started_at, max(event_at) as ended_at
from numbered
group by visitor_id, device_id, broadcast_date, session_number;

-- numerator / denominator to four digits, halves away from zero
create macro rate(numerator, denominator) as (
    ((2 * numerator::hugeint * 10000 + denominator) // (2 * nullif(denominator, 0)))::decimal(18, 0)
    * 0.0001::decimal(4, 4)
)::decimal(18, 4);

create table fct_plays as
with playback as (
    select
        visitor_id, device_id, broadcast_date, customer_id, title_id, profile_id, device_class,
        error_code, position_ms, duration_ms, bitrate_kbps, watched_ms, event_type, event_at,
        lag(title_id) over in_order as previous_title_id,
        lag(event_type) over in_order as previous_type,
        lag(position_ms) over in_order as previous_position_ms,
        date_diff('millisecond', lag(event_at) over in_order, event_at) as elapsed_ms,
        row_number() over in_order as day_event_number
    from fct_events
    where
        not is_bot and visitor_id <> 'device:' and title_id is not null
        and event_type not in ('browse', 'search', 'impression', 'click')
    window in_order as (
        partition by visitor_id, device_id, broadcast_date
        order by
            event_at,
            list_position([
                'stop', 'heartbeat', 'buffer', 'quality_change', 'seek', 'ad_start', 'ad_end',
                'pause', 'play', 'error', 'watch'
            ], event_type),
            title_id, position_ms, duration_ms, watched_ms, profile_id, device_class, error_code, bitrate_kbps
    )
),
judged as (
    select
        *,
        not coalesce(
            title_id = previous_title_id and previous_type not in ('stop', 'watch')
            and event_type <> 'watch' and elapsed_ms <= 2 * 600000,
            false
        ) as is_first,
        case
            when event_type = 'play' or previous_type in ('pause', 'ad_start', 'error', 'stop') then 0
            when event_type = 'seek' and previous_type = 'seek' then 0
            when event_type = 'buffer' then greatest(elapsed_ms - coalesce(duration_ms, 0), 0)
            else elapsed_ms
        end as running_ms
    from playback
),
measured as (
    select
        *,
        case
            when is_first then 0
            when position_ms is null and previous_position_ms is null then running_ms
            when position_ms is null or previous_position_ms is null then 0
            when event_type = 'seek' then running_ms
            else greatest(least(running_ms, position_ms - previous_position_ms), 0)
        end as played_ms,
        (not is_first and event_type <> 'play' and position_ms <> previous_position_ms + played_ms)
            is true as is_jump
    from judged
),
numbered as (
    select
        *,
        count(*) filter (is_first) over so_far as play_number,
        count(*) filter (event_type in ('play', 'watch')) over so_far as play_part,
        count(*) filter (is_jump) over so_far - is_jump::integer as segment_number
    from measured
    window so_far as (
        partition by visitor_id, device_id, broadcast_date order by day_event_number
        rows between unbounded preceding and current row
    )
),
segments as (
    select
        visitor_id, device_id, broadcast_date, play_number, play_part, segment_number,
        any_value(customer_id) as customer_id, any_value(title_id) as title_id,
        min(profile_id) as profile_id, min(device_class) as device_class, max(error_code) as error_code,
        min(previous_position_ms) filter (played_ms > 0) as from_ms,
        max(previous_position_ms + played_ms) filter (played_ms > 0) as to_ms,
        min(position_ms) as lowest_position_ms, max(position_ms) as highest_position_ms,
        sum(if(position_ms is null, played_ms, 0) + coalesce(watched_ms, 0))::bigint as unplaced_ms,
        max(duration_ms) filter (event_type = 'play') as startup_time_ms,
        coalesce(sum(duration_ms) filter (event_type = 'buffer'), 0)::bigint as rebuffer_ms,
        max(bitrate_kbps) as highest_bitrate_kbps,
        bool_or(event_type in ('play', 'watch')) as has_start,
        count(*) filter (event_type = 'pause') as pause_count,
        count(*) filter (event_type = 'seek') as seek_count,
        count(*) filter (event_type = 'buffer') as rebuffer_count,
        count(*) filter (event_type = 'quality_change') as quality_change_count,
        count(*) filter (event_type = 'ad_start') as ad_count,
        count(*) filter (event_type = 'error') as error_count,
        min(event_at) as started_at, max(event_at) as ended_at
    from numbered
    group by visitor_id, device_id, broadcast_date, play_number, play_part, segment_number
),
opened as (
    from segments
    qualify bool_or(has_start) over (
        partition by visitor_id, device_id, broadcast_date, play_number, play_part
    )
),
covered as (
    select
        *,
        max(to_ms) over (
            partition by visitor_id, device_id, broadcast_date, play_number
            order by from_ms, to_ms, play_part, segment_number
            rows between unbounded preceding and 1 preceding
        ) as covered_ms
    from opened
),
plays as (
    select
        visitor_id, device_id, any_value(customer_id) as customer_id, min(title_id) as title_id,
        min(profile_id) as profile_id, min(device_class) as device_class,
        max(error_code) as error_code, play_number,
        min(lowest_position_ms) as lowest_position_ms, max(highest_position_ms) as highest_position_ms,
        sum(
            coalesce(greatest(to_ms - greatest(from_ms, coalesce(covered_ms, from_ms)), 0), 0)
            + unplaced_ms
        )::bigint as watched_ms,
        arg_min_null(startup_time_ms, play_part * 1000000 + segment_number) as startup_time_ms,
        sum(rebuffer_count)::bigint as rebuffer_count, sum(rebuffer_ms)::bigint as rebuffer_ms,
        max(highest_bitrate_kbps) as highest_bitrate_kbps,
        sum(pause_count)::bigint as pause_count, sum(seek_count)::bigint as seek_count,
        sum(quality_change_count)::bigint as quality_change_count, sum(ad_count)::bigint as ad_count,
        sum(error_count)::bigint as error_count, broadcast_date,
        min(started_at) as started_at, max(ended_at) as ended_at
    from covered
    group by visitor_id, device_id, broadcast_date, play_number
)
select
    p.*,
    t.runtime_ms,
    case
        when p.highest_position_ms > t.runtime_ms then 1.0000::decimal(18, 4)
        else rate(p.highest_position_ms, t.runtime_ms)
    end as progress_rate,
    rate(p.rebuffer_ms, p.rebuffer_ms + p.watched_ms) as rebuffering_rate,
    coalesce(10 * p.highest_position_ms >= 9 * nullif(t.runtime_ms, 0), false) as is_watched_to_end,
    p.watched_ms = 0 and p.error_count > 0 as is_video_start_failure,
    p.watched_ms = 0 and p.error_count = 0 and p.startup_time_ms is null as is_exit_before_video_start
from plays as p
left join dim_titles as t using (title_id);

create table fct_customer_days as
with days as (
    select
        customer_id, broadcast_date, count(distinct device_id) as device_count,
        count(*) as event_count,
        count(*) filter (event_type = 'browse') as browse_count,
        count(*) filter (event_type = 'search') as search_count,
        count(*) filter (event_type = 'impression') as impression_count,
        count(*) filter (event_type = 'click') as click_count,
        min(event_at) as first_active_at, max(event_at) as last_active_at
    from fct_events
    where not is_bot and customer_id is not null
    group by all
),
day_sessions as (
    select
        customer_id, broadcast_date, count(*) as session_count,
        count(*) filter (search_count > 0 and play_event_count = 0) as search_without_play_count
    from fct_sessions
    where customer_id is not null
    group by all
),
day_plays as (
    select
        customer_id, broadcast_date, count(*) as play_count, count(distinct title_id) as title_count,
        sum(watched_ms)::bigint as watched_ms, sum(rebuffer_count)::bigint as rebuffer_count,
        sum(rebuffer_ms)::bigint as rebuffer_ms, sum(error_count)::bigint as error_count,
        count(*) filter (is_video_start_failure) as video_start_failure_count
    from fct_plays
    where customer_id is not null
    group by all
)
select
    d.customer_id, d.device_count, d.event_count, s.session_count, d.browse_count, d.search_count,
    s.search_without_play_count, d.impression_count, d.click_count,
    coalesce(p.play_count, 0) as play_count, coalesce(p.title_count, 0) as title_count,
    coalesce(p.watched_ms, 0) as watched_ms, coalesce(p.rebuffer_count, 0) as rebuffer_count,
    coalesce(p.rebuffer_ms, 0) as rebuffer_ms, coalesce(p.error_count, 0) as error_count,
    coalesce(p.video_start_failure_count, 0) as video_start_failure_count,
    d.broadcast_date, d.first_active_at, d.last_active_at
from days as d
inner join day_sessions as s using (customer_id, broadcast_date)
left join day_plays as p using (customer_id, broadcast_date);

create table int_customer_title_days as
select
    visitor_id, device_id, any_value(customer_id) as customer_id, title_id, 'page' as origin,
    count(*) filter (event_type = 'impression') as impression_count,
    count(*) filter (event_type = 'click') as click_count,
    0::bigint as play_count, 0::bigint as watched_ms, broadcast_date,
    min(event_at) as first_active_at, max(event_at) as last_active_at
from fct_events
where event_type in ('impression', 'click') and title_id is not null and not is_bot
group by visitor_id, device_id, title_id, broadcast_date
union all
select
    visitor_id, device_id, any_value(customer_id), title_id, 'player', 0, 0, count(*),
    sum(watched_ms)::bigint, broadcast_date, min(started_at), max(ended_at)
from fct_plays
group by visitor_id, device_id, title_id, broadcast_date;

create table fct_title_days as
with days as (
    select
        title_id, broadcast_date, count(distinct customer_id) as active_customer_count,
        count(distinct visitor_id) as active_visitor_count,
        sum(impression_count)::bigint as impression_count, sum(click_count)::bigint as click_count
    from int_customer_title_days
    group by all
),
day_plays as (
    select
        title_id, broadcast_date, count(*) as play_count, sum(watched_ms)::bigint as watched_ms,
        count(*) filter (is_watched_to_end) as completed_play_count,
        sum(rebuffer_count)::bigint as rebuffer_count, sum(rebuffer_ms)::bigint as rebuffer_ms,
        count(*) filter (is_video_start_failure) as video_start_failure_count
    from fct_plays
    group by all
)
select
    d.title_id, d.active_customer_count, d.active_visitor_count, d.impression_count, d.click_count,
    coalesce(p.play_count, 0) as play_count, coalesce(p.completed_play_count, 0) as completed_play_count,
    coalesce(p.watched_ms, 0) as watched_ms, coalesce(p.rebuffer_count, 0) as rebuffer_count,
    coalesce(p.rebuffer_ms, 0) as rebuffer_ms,
    coalesce(p.video_start_failure_count, 0) as video_start_failure_count,
    t.runtime_ms, d.broadcast_date
from days as d
left join day_plays as p using (title_id, broadcast_date)
left join dim_titles as t using (title_id);

create table customer_days as from fct_customer_days;

create table title_days as select * exclude (runtime_ms) from fct_title_days;
