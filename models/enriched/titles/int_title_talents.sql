-- Only the list that came with the state that counts on its day. One talent may stand in it twice,
-- as actor and as director.

with

extracts as (

    select * from {{ ref('int_title_extracts') }}

),

title_talents as (

    select * from {{ ref('stg_dam__title_talents') }}

)

select
    extracts.title_id,
    extracts.extract_date,
    title_talents.talent_position,
    title_talents.talent_id,
    title_talents.talent_name,
    title_talents.talent_role
from extracts
inner join title_talents
    on
        extracts.file_key = title_talents.file_key
        and extracts.row_number = title_talents.row_number
