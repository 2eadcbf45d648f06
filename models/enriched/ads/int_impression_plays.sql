-- An ad and the play in which it was shown, both by the clock of one device: of a mid-roll and a post-roll the last
-- play of that title that had begun, of a pre-roll the first that began after it. A play ends with its last word, also
-- where it fell silent. Unknown (null) is whether a play was abandoned where there is none, after a post-roll, for the
-- play is over anyway, near the border of the broadcast day, which cuts plays, and near the end of what was received.
-- A play goes on if the same visitor plays the title again before the gap of a session is over, on whatever device.

{% set gap = var('session_gap_minutes') | int %}
{% set silence = 2 * (var('heartbeat_interval_ms') | int) %}

with

impressions as (

    select * from {{ ref('fct_ad_impressions') }}

),

plays as (

    select * from {{ ref('fct_plays') }}

),

newest as (

    select max(last_received_at) as last_received_at
    from impressions

),

-- Of the reports of an impression, the last one that tells when it was on the screen.
shown as (

    select
        impression_id,
        device_id,
        title_id,
        break_type,
        broadcast_date,
        coalesce(completed_at, skipped_at, served_at) as shown_until_at
    from impressions
    where title_id is not null and device_id is not null

),

matched as (

    select
        shown.*,
        plays.visitor_id,
        plays.is_watched_to_end,
        plays.started_at,
        plays.ended_at,
        row_number() over (
            partition by shown.impression_id
            order by
                case when shown.break_type = 'pre_roll' then plays.started_at end asc,
                plays.started_at desc,
                plays.play_number desc,
                plays.visitor_id asc
        ) as nearness_rank
    from shown
    inner join plays
        on
            shown.device_id = plays.device_id
            and shown.title_id = plays.title_id
            and shown.broadcast_date = plays.broadcast_date
            and case
                when shown.break_type = 'pre_roll'
                    then
                        shown.shown_until_at <= plays.started_at
                        and {{ elapsed_ms('shown.shown_until_at', 'plays.started_at') }} <= {{ silence }}
                else
                    shown.shown_until_at >= plays.started_at
                    and {{ elapsed_ms('plays.ended_at', 'shown.shown_until_at') }} <= {{ silence }}
            end

),

in_plays as (

    select * from matched
    where nearness_rank = 1

),

-- Plays are told apart by their beginning: what goes on elsewhere began later.
resumed as (

    select distinct in_plays.impression_id
    from in_plays
    inner join plays
        on
            in_plays.visitor_id = plays.visitor_id
            and in_plays.title_id = plays.title_id
            and in_plays.started_at < plays.started_at
            and plays.started_at <= {{ dbt.dateadd('minute', gap, 'in_plays.ended_at') }}

),

judged as (

    select
        in_plays.*,
        resumed.impression_id is not null as is_resumed,
        case
            when in_plays.break_type = 'pre_roll' then in_plays.started_at
            else in_plays.shown_until_at
        end as content_from_at
    from in_plays
    left join resumed
        on in_plays.impression_id = resumed.impression_id

)

select
    judged.impression_id,
    judged.visitor_id,
    judged.device_id,
    judged.title_id,
    case
        when judged.break_type = 'post_roll' then null
        when
            {{ broadcast_date(dbt.dateadd('minute', gap, 'judged.content_from_at')) }} > judged.broadcast_date
            or {{ dbt.dateadd('minute', gap, 'judged.content_from_at') }} > newest.last_received_at
            then null
        else
            {{ elapsed_ms('judged.content_from_at', 'judged.ended_at') }}
            < {{ 1000 * (var('ad_abandonment_seconds') | int) }}
            and not judged.is_watched_to_end
            and not judged.is_resumed
    end as is_abandoned,
    judged.broadcast_date,
    judged.content_from_at,
    judged.started_at as play_started_at,
    judged.ended_at as play_ended_at
from judged
cross join newest
