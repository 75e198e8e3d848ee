
    with found as (
      select w.webhook_id
       
from webhook as w
      
where w.paused is null
and w.due <= now()
and (w.claimed_until is null or w.claimed_until <= now())
        
and exists (select
from delivery as d
where d.webhook_id = w.webhook_id
and d.state = 'waiting')
      
order by w.due, w.webhook_id
      
limit $1
         for no key update skip locked
    )
    update webhook as w
       set claim = $2, claimed_until = now() + 10000 * interval '1 millisecond'
     
from found as f
    
where w.webhook_id = f.webhook_id
    returning w.webhook_id
