-- Features take the version with valid_from_date before their snapshot day, so that they see no
-- extract of that day or later.

select
    customer_id,
    country_code,
    language_code,
    gender,
    age_band,
    email_hash,
    has_marketing_consent,
    valid_from_date,
    last_seen_date,
    valid_to_date,
    registered_at
from
    {{ state_periods(
        ref('int_customer_extracts'),
        keys=['customer_id'],
        columns=[
            'country_code', 'language_code', 'gender', 'age_band', 'email_hash',
            'has_marketing_consent', 'registered_at'
        ]
    ) }} as versions
